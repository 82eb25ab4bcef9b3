using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A session that ends at the worst moment, when it has read frames and not yet let them in: nothing is lost that nobody counts.</summary>
public class StoppedSessionTests
{
    private const int Count = 5;

    [Fact]
    public void WhatWasReadEntersAndIsAnswered()
    {
        using Network network = new();
        network.Device.OnRead = network.Session.Stop;
        network.Session.Run(TestContext.Current.CancellationToken);
        Assert.Equal((Count, 0), (network.Outside.Entered, network.Device.Counters.RxDropped));
        Assert.Equal((Count, Count), (network.Seen.Count(d => d == CaptureDirection.Inbound), network.Seen.Count(d => d == CaptureDirection.Outbound)));
        // Handed over, too, not only sent.
        Assert.Equal((Count, Count), (network.Outside.Left, network.Device.Flushed));
        Assert.Equal(0, network.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void WhatCannotEnterIsCountedAndGivenBack()
    {
        using Network network = new();
        network.Device.OnRead = () =>
        {
            network.WithoutEnd();
            network.Session.Stop();
        };
        network.Session.Run(TestContext.Current.CancellationToken);
        Assert.Equal((0, Count), (network.Outside.Entered, network.Device.Counters.RxDropped));
        Assert.Equal(0, network.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void WhatASessionThatFailsHadReadIsCountedAndGivenBack()
    {
        using Network network = new();
        network.Device.OnRead = () => network.Simulation.Loop.Post(network.Simulation.Now, () => throw new InvalidOperationException("so be it"));
        Assert.Throws<InvalidOperationException>(() => network.Session.Run(TestContext.Current.CancellationToken));
        Assert.Equal((0, Count), (network.Outside.Entered, network.Device.Counters.RxDropped));
        Assert.Equal(0, network.Simulation.FramePool.Outstanding);
    }

    /// <summary>A host that is asked for its address by ARP as soon as a session runs.</summary>
    private sealed class Network : IDisposable
    {
        public Network()
        {
            HostInterface port = Simulation.AddHost("near").AddInterface();
            port.AddAddress(IpAddress.Parse("10.0.0.1"), 24);
            Outside = Simulation.AddBridgePort("outside");
            Simulation.AddLink(Outside, port);
            Session = new BridgeSession(Simulation, new BridgeOptions { MaxLag = Duration.FromSeconds(30) });
            Session.Attach(Outside, Device);
            Outside.Tap.Packets.Subscribe(packet => Seen.Add(packet.Direction));
        }

        public Simulation Simulation { get; } = new(new SimulationOptions { Limits = new SimulationLimits { Events = long.MaxValue } });
        public BridgePort Outside { get; }
        public BridgeSession Session { get; }
        public KeepingDevice Device { get; } = new();
        public List<CaptureDirection> Seen { get; } = [];

        /// <summary>Events at the present instant, each of which makes the next.</summary>
        public void WithoutEnd() => Simulation.Loop.Post(Simulation.Now, WithoutEnd);

        public void Dispose()
        {
            Session.Dispose();
            Simulation.Dispose();
        }
    }

    /// <summary>Has some requests once, and keeps what it is given until it is told to hand it over.</summary>
    private sealed class KeepingDevice : FrameDevice
    {
        private readonly List<Frame> _kept = [];

        public override string Name => "keeping";
        public override int Mtu => 1500;

        /// <summary>Called when the session reads, once.</summary>
        public Action? OnRead { get; set; }

        public int Flushed { get; private set; }

        public override int Read(FramePool pool, Span<Frame> frames)
        {
            if (OnRead is not { } called)
            {
                return 0;
            }

            OnRead = null;
            called();
            for (int i = 0; i < Count; i++)
            {
                frames[i] = pool.Rent(64);
                frames[i].Bytes.Clear();
                MacAddress own = new(0x0200_0000_7701);
                EthernetWriter.Write(frames[i].Bytes, MacAddress.Broadcast, own, EtherType.Arp);
                ArpWriter.Write(
                    frames[i].Bytes[EthernetView.HeaderLength..], ArpOperation.Request, own, IpAddress.Parse("10.0.0.2"), default, IpAddress.Parse("10.0.0.1"));
            }

            CountReceived(Count, Count * 64);
            return Count;
        }

        public override void Write(FramePool pool, Frame frame) => _kept.Add(frame);

        public override void Flush(FramePool pool)
        {
            Flushed += _kept.Count;
            _kept.ForEach(pool.Return);
            _kept.Clear();
        }
    }
}
