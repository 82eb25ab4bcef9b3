using System.Diagnostics;
using System.Net;
using SimNet;
using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Time;
using SimStack.Ip;
using SimStack.Sockets;

namespace Scenarios.Bench;

/// <summary>Who sends in a <see cref="TapBenchmark"/>.</summary>
internal enum TapDirection
{
    KernelSends,
    StackSends,
}

/// <summary>
/// One connection between a simulated host in real time and this machine's kernel, over a TAP device with an MTU of 1500 bytes in a network
/// namespace of its own. Both applications are in this process, and the receiver hashes every byte.
/// </summary>
internal sealed record TapBenchmark(long Bytes, int Buffer, TapOptions Device, BridgeOptions Bridge)
{
    /// <summary>Segments are joined, and packets cut, where simulation and device meet (<see cref="BridgePort.ReceiveOffload"/>).</summary>
    public bool PortOffload { get; init; } = true;

    private const int Port = 5001;
    private static readonly InterfaceAddress Kernel = new(IpAddress.FromV4(10, 9, 0, 1), 24);
    private static readonly InterfaceAddress Stack = new(IpAddress.FromV4(10, 9, 0, 2), 24);

    /// <summary>Runs a part of the work first, so that what is measured is compiled code.</summary>
    public TapResult RunWarm(TapDirection direction)
    {
        (this with { Bytes = Math.Min(Bytes, 256 << 20) }).Run(direction);
        return Run(direction);
    }

    public TapResult Run(TapDirection direction)
    {
        using PrivateNamespace kernel = new();
        using Simulation simulation = new(new SimulationOptions
        {
            Start = DateTimeOffset.UtcNow,
            Limits = new SimulationLimits { Events = long.MaxValue },
        });
        SimHost host = simulation.AddHost("stack");
        HostInterface port = host.AddInterface();
        port.AddAddress(Stack.Address, Stack.PrefixLength);
        BridgePort outside = simulation.AddBridgePort("outside");
        outside.ReceiveOffload = outside.SegmentationOffload = PortOffload;
        simulation.AddLink(outside, port);
        using TapDevice device = TapDevice.Open(Device with { Name = "tap0", NetworkNamespace = kernel.Name, Addresses = [Kernel] });
        using BridgeSession session = new(simulation, Bridge);
        session.Attach(outside, device);
        Meter meter = new(device);
        TapApplication application = Application(direction, host, meter, session);
        using KernelPeer peer = direction is TapDirection.KernelSends
            ? Listen(host, application, kernel.Name)
            : Connect(host, application, kernel.Name);
        ThreadTimes before = ThreadTimes.Now;
        session.Run();
        ThreadTimes used = ThreadTimes.Now - before;
        peer.Join();
        device.UpdateCounters();
        double seconds = Stopwatch.GetElapsedTime(application.Began, application.Ended).TotalSeconds;
        ulong hash = application is TapReceiver receiver ? receiver.Hash : peer.Hash;
        return new TapResult
        {
            Direction = direction,
            Bytes = Bytes,
            Seconds = seconds,
            Device = device.Counters,
            AllocatedPerFrame = meter.AllocatedPerFrame,
            Session = session.Statistics,
            SessionTimes = used,
            PeerTimes = peer.Times,
            PayloadIntact = hash == PeriodicData.HashOf(Bytes),
        };
    }

    private TapApplication Application(TapDirection direction, SimHost host, Meter meter, BridgeSession session) => direction is TapDirection.KernelSends
        ? new TapReceiver { Total = Bytes, Milestone = meter.Note, Finished = session.Stop }
        : new TapSender(host) { Total = Bytes, Milestone = meter.Note, Finished = session.Stop };

    private KernelPeer Listen(SimHost host, TapApplication application, string kernel)
    {
        TcpSocket socket = host.Stack.OpenTcpSocket(SimStack.Sockets.AddressFamily.AF_INET);
        socket.SetOption(default, SocketOption.SO_RCVBUFFORCE, Buffer);
        socket.Owner = application;
        socket.Bind(new IpEndpoint(Stack.Address, Port));
        socket.Listen(default, 1);
        return KernelPeer.Sender(kernel, new IPEndPoint(IPAddress.Parse(Stack.Address.ToString()), Port), Bytes, Buffer);
    }

    private KernelPeer Connect(SimHost host, TapApplication application, string kernel)
    {
        var peer = KernelPeer.Receiver(kernel, new IPEndPoint(IPAddress.Parse(Kernel.Address.ToString()), Port), Buffer);
        TcpSocket socket = host.Stack.OpenTcpSocket(SimStack.Sockets.AddressFamily.AF_INET);
        socket.SetOption(default, SocketOption.SO_SNDBUFFORCE, Buffer);
        socket.Owner = application;
        socket.Connect(default, new IpEndpoint(Kernel.Address, Port));
        host.Pump();
        return peer;
    }

    /// <summary>What is allocated between two points of the work.</summary>
    private sealed class Meter(FrameDevice device)
    {
        private long _allocated, _frames;

        public double AllocatedPerFrame { get; private set; }

        public void Note(bool end)
        {
            long frames = device.Counters.RxFrames + device.Counters.TxFrames - _frames;
            long allocated = GC.GetAllocatedBytesForCurrentThread() - _allocated;
            if (end)
            {
                AllocatedPerFrame = (double)allocated / Math.Max(1, frames);
            }

            (_frames, _allocated) = (frames, allocated);
        }
    }
}
