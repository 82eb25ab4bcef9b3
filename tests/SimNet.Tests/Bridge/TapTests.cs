using System.Net;
using System.Net.Sockets;
using SimNet.Bridge;
using SimNet.Bridge.Native;
using SimNet.Hosts;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A simulated host on a TAP device, and the kernel beside it.</summary>
public class TapTests
{
    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void TheKernelPingsTheHost(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel);
        string output = kernel.Run("ping", "-c", "3", "-i", "0.05", "-W", "5", address);
        Assert.Contains("3 received", output, StringComparison.Ordinal);
        Assert.Contains("3 received", kernel.Run("ping", "-c", "3", "-i", "0.05", "-W", "5", "-s", "8000", address), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void AKernelsSocketTalksToTheHosts(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel);
        bridged.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse(address), 7));
            using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(stream);
        });
        using Socket socket = kernel.Enter(() =>
        {
            Socket made = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            made.Connect(new IPEndPoint(IPAddress.Parse(address), 7));
            return made;
        });
        socket.Send("hello"u8);
        byte[] answer = new byte[5];
        int length = 0;
        while (length < 5)
        {
            length += socket.Receive(answer, length, 5 - length, SocketFlags.None);
        }

        Assert.Equal("hello"u8, answer);
    }

    // Of a device that stays the kernel keeps what its last user asked for: the next one would get packets without checksums.
    [Fact]
    public void NobodyInheritsOffload()
    {
        using KernelNamespace kernel = new();
        kernel.Run("ip", "tuntap", "add", "mode", "tap", "name", "tap0");
        TapOptions options = new() { NetworkNamespace = kernel.Name, Addresses = [new(SimStack.Ip.IpAddress.Parse("10.9.0.1"), 24)] };
        TapDevice.Open(options with { Offload = true }).Dispose();
        kernel.Run("ip", "neighbour", "replace", "10.9.0.2", "lladdr", "02:00:00:00:00:02", "dev", "tap0");
        using (RawTap raw = new(kernel))
        {
            Assert.True(GetsWholeDatagrams(kernel, raw.Read), "the device still has it after its user is gone");
            raw.TakeOffload();
            Assert.False(GetsWholeDatagrams(kernel, raw.Read));
        }

        using TapDevice plain = TapDevice.Open(options with { Addresses = [] });
        FramePool pool = new();
        Frame[] frames = new Frame[1];
        Assert.True(GetsWholeDatagrams(kernel, () => plain.Read(pool, frames) > 0 ? frames[0].Bytes.ToArray() : []), "what somebody else left is still there");
    }

    /// <summary>The kernel sends a datagram; whether its checksum is right.</summary>
    private static bool GetsWholeDatagrams(KernelNamespace kernel, Func<byte[]> read)
    {
        using Socket socket = kernel.Enter(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        // Others of before may still wait in the device.
        byte[] text = Guid.NewGuid().ToByteArray();
        bool whole = false;
        Until.True(
            () =>
            {
                socket.SendTo(text, new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9));
                byte[] frame = read();
                if (!frame.AsSpan().EndsWith(text) || !Ipv4View.TryParse(frame.AsSpan(EthernetView.HeaderLength), out Ipv4View ip, out _))
                {
                    return false;
                }

                whole = InternetChecksum.Fold(InternetChecksum.Sum(
                    ip.Payload, InternetChecksum.PseudoHeader(ip.Source, ip.Destination, IpProtocol.Udp, ip.Payload.Length))) == 0;
                return true;
            },
            () => "no datagram came");
        return whole;
    }

    /// <summary>A user of tap0 that asks for no more than it is told to, and cleans up nothing.</summary>
    private sealed unsafe class RawTap : IDisposable
    {
        private const nuint TUNSETIFF = 0x400454ca, TUNSETOFFLOAD = 0x400454d0;
        private const short IFF_TAP = 2, IFF_NO_PI = 0x1000;
        private readonly int _descriptor;

        public RawTap(KernelNamespace kernel) => _descriptor = kernel.Enter(() =>
        {
            int descriptor = Libc.Open("/dev/net/tun", Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
            byte* request = stackalloc byte[40];
            new Span<byte>(request, 40).Clear();
            "tap0"u8.CopyTo(new Span<byte>(request, 16));
            *(short*)(request + 16) = IFF_TAP | IFF_NO_PI;
            Assert.Equal(0, Libc.Ioctl(descriptor, TUNSETIFF, request));
            return descriptor;
        });

        public void TakeOffload() => Assert.Equal(0, Libc.Ioctl(_descriptor, TUNSETOFFLOAD, (void*)1));

        public byte[] Read()
        {
            byte[] buffer = new byte[2000];
            fixed (byte* start = buffer)
            {
                return buffer[..(int)Math.Max(0, Libc.Read(_descriptor, start, (nuint)buffer.Length))];
            }
        }

        public void Dispose() => _ = Libc.Close(_descriptor);
    }
}
