using System.Net;
using System.Net.Sockets;
using SimNet.Bridge;
using SimNet.Hosts;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;
using AddressFamily = SimStack.Sockets.AddressFamily;

namespace SimNet.Tests.Bridge;

/// <summary>A frame that passes between a simulated host and a device costs no allocation on the session's thread.</summary>
public class BridgeAllocationTests
{
    private const int Total = 24_000_000;
    private const int Parts = 16;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task NothingIsAllocatedForAFrame(bool offload, bool kernelSends)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel, device: new TapOptions { Offload = offload }, prepare: b => b.Port.ReceiveOffload = true);
        Meter meter = new(bridged.Device.Counters, kernelSends);
        bridged.Do(() => Listen(bridged.Host, meter));
        using Socket socket = kernel.Enter(() =>
        {
            Socket made = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000, SendTimeout = 20_000 };
            made.Connect(IPAddress.Parse("10.9.0.2"), 7);
            return made;
        });
        byte[] buffer = new byte[65_536];
        for (int passed = 0; passed < Total;)
        {
            int count = Math.Min(buffer.Length, Total - passed);
            passed += kernelSends ? socket.Send(buffer, count, SocketFlags.None) : socket.Receive(buffer);
        }

        List<(long Allocated, long Frames)> parts = await meter.Done.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        // A queue that becomes longer than ever before is no cost of a frame, and seldom.
        Assert.All(parts, part => Assert.True(part.Frames > 4));
        Assert.Equal(0, parts.Min(part => part.Allocated));
    }

    private static int Listen(SimHost host, Meter meter)
    {
        TcpSocket socket = host.Stack.OpenTcpSocket(AddressFamily.AF_INET);
        // Of a size that does not grow while it is measured.
        socket.SetOption(host.Now, SocketOption.SO_SNDBUFFORCE, 256 * 1024);
        socket.SetOption(host.Now, SocketOption.SO_RCVBUFFORCE, 256 * 1024);
        socket.Owner = meter;
        socket.Bind(new IpEndpoint(IpAddress.Parse("10.9.0.2"), 7));
        socket.Listen(host.Now, 1);
        return 0;
    }

    /// <summary>Accepts a connection and passes so many bytes, without a task of its own.</summary>
    private sealed class Meter(DeviceCounters counters, bool receives) : SocketOwner
    {
        private readonly byte[] _buffer = new byte[65_536];
        private int _passed;
        private readonly List<(long Allocated, long Frames)> _parts = new(Parts);
        private long _allocated, _frames;

        public TaskCompletionSource<List<(long Allocated, long Frames)>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private long Frames => counters.RxFrames + counters.TxFrames;

        protected internal override void Ready(Instant now, HostSocket ready)
        {
            TcpSocket socket = (TcpSocket)ready;
            if (socket.State is TcpState.Listen)
            {
                if (socket.Accept(now, out TcpSocket? accepted) is Errno.OK)
                {
                    accepted!.Owner = this;
                    Ready(now, accepted);
                }

                return;
            }

            while (_passed < Total && Pass(now, socket) is { Succeeded: true, Value: > 0 } result)
            {
                int before = _passed;
                _passed += result.Value;
                if (before / (Total / Parts) != _passed / (Total / Parts))
                {
                    Note();
                }

                if (_passed == Total)
                {
                    Done.SetResult(_parts);
                }
            }
        }

        private void Note()
        {
            if (_allocated != 0)
            {
                _parts.Add((GC.GetAllocatedBytesForCurrentThread() - _allocated, Frames - _frames));
            }

            (_allocated, _frames) = (GC.GetAllocatedBytesForCurrentThread(), Frames);
        }

        private SocketResult Pass(Instant now, TcpSocket socket) => receives
            ? socket.Receive(now, _buffer)
            : socket.Send(now, _buffer.AsSpan(0, Math.Min(_buffer.Length, Total - _passed)));
    }
}
