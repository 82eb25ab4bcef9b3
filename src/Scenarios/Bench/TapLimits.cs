using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using SimNet.Bridge;
using SimStack.Ip;
using SimStack.Wire;

namespace Scenarios.Bench;

/// <summary>
/// What bounds <see cref="TapBenchmark"/> on this machine, measured in the same sitting: a TAP device that is only read, or only written, and a
/// connection of the kernel's with itself. Rates in 10⁹ bit/s of TCP payload, as if the frames had it.
/// </summary>
internal sealed record TapLimits(double ReaderNanoseconds, double WriterNanoseconds, double LoopbackGigabits)
{
    private const int FrameLength = 1514;
    private const int Payload = 1448;
    private const int SOL_UDP = 17;
    private const int UDP_SEGMENT = 103;
    private const ushort ExperimentalEtherType = 0x88B5;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(0.8);

    public static TapLimits Measure(long bytes, int buffer) => new(Read(), Write(), Loopback(Math.Min(bytes, 1L << 31), buffer));

    public void Print(TextWriter output) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"limits: TAP frame read and thrown away {ReaderNanoseconds:F0} ns ({Rate(ReaderNanoseconds):F2} Gbit/s), written and thrown away {WriterNanoseconds:F0} ns ({Rate(WriterNanoseconds):F2} Gbit/s), TCP over loopback {LoopbackGigabits:F2} Gbit/s"));

    public JsonObject ToJson() => new()
    {
        ["readNanosecondsPerFrame"] = ReaderNanoseconds,
        ["writeNanosecondsPerFrame"] = WriterNanoseconds,
        ["loopbackGigabitsPerSecond"] = LoopbackGigabits,
    };

    private static double Rate(double nanoseconds) => Payload * 8 / nanoseconds;

    private static TapDevice Open(PrivateNamespace kernel) => TapDevice.Open(new TapOptions
    {
        Name = "tap0",
        NetworkNamespace = kernel.Name,
        Addresses = [new InterfaceAddress(IpAddress.FromV4(10, 9, 0, 1), 24)],
    });

    /// <summary>Full frames that a socket of the kernel's sends as fast as it can, to a group so that it needs no answer.</summary>
    private static double Read()
    {
        using PrivateNamespace kernel = new();
        using TapDevice device = Open(kernel);
        bool stop = false;
        Thread sender = new(() => SendDatagrams(kernel.Name, () => Volatile.Read(ref stop))) { IsBackground = true, Name = "datagrams" };
        sender.Start();
        FramePool pool = new();
        Frame[] frames = new Frame[64];
        long start = 0, count = 0;
        for (long warm = Stopwatch.GetTimestamp(); start == 0 || Stopwatch.GetElapsedTime(start) < Time;)
        {
            int read = device.Read(pool, frames);
            foreach (Frame frame in frames.AsSpan(0, read))
            {
                pool.Return(frame);
            }

            count += read;
            if (start == 0 && Stopwatch.GetElapsedTime(warm) > Time / 4)
            {
                (start, count) = (Stopwatch.GetTimestamp(), 0);
            }
        }

        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Math.Max(1, count);
        Volatile.Write(ref stop, true);
        sender.Join();
        return nanoseconds;
    }

    private static void SendDatagrams(string networkNamespace, Func<bool> stop)
    {
        const int Data = FrameLength - EthernetView.HeaderLength - Ipv4View.MinHeaderLength - 8;
        using Socket socket = NetworkNamespace.Run(networkNamespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Parse("10.9.0.1").GetAddressBytes());
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastLoopback, false);
        socket.SetRawSocketOption(SOL_UDP, UDP_SEGMENT, BitConverter.GetBytes(Data));
        socket.Connect(IPAddress.Parse("239.9.9.9"), 9);
        byte[] datagrams = new byte[Data * 44];
        while (!stop())
        {
            socket.Send(datagrams);
        }
    }

    /// <summary>Full frames of a type that no protocol of the kernel's takes.</summary>
    private static double Write()
    {
        const int AtOnce = 64;
        using PrivateNamespace kernel = new();
        using TapDevice device = Open(kernel);
        FramePool pool = new();
        double best = double.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < Time;)
        {
            const int Rounds = 500;
            long round = Stopwatch.GetTimestamp();
            for (int i = 0; i < Rounds; i++)
            {
                for (int n = 0; n < AtOnce; n++)
                {
                    Frame frame = pool.Rent(FrameLength);
                    EthernetWriter.Write(frame.Bytes, device.HardwareAddress!.Value, new MacAddress(0x0200_0000_0001), EtherType.Ipv4);
                    BinaryPrimitives.WriteUInt16BigEndian(frame.Bytes[12..], ExperimentalEtherType);
                    device.Write(pool, frame);
                }

                device.Flush(pool);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(round).TotalNanoseconds / (Rounds * AtOnce));
        }

        return best;
    }

    private static double Loopback(long bytes, int buffer)
    {
        IPEndPoint at = new(IPAddress.Loopback, 0);
        using var receiver = KernelPeer.Receiver(null, at, buffer);
        long start = Stopwatch.GetTimestamp();
        using var sender = KernelPeer.Sender(null, receiver.Endpoint, bytes, buffer);
        receiver.Join();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        sender.Join();
        return bytes * 8 / seconds / 1e9;
    }
}
