using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Scenarios.Fidelity;
using SimNet.Bridge;
using SimNet.Links;
using SimNet.Scripting;
using SimNet.Scripting.Running;
using SimStack;

namespace Scenarios.Tests.Bridge;

/// <summary>Two kernels with `sim bridge wan` between them. Datagrams go to the broadcast address: nobody asks for a hardware address first.</summary>
public class WanTests
{
    private const int Port = 4000;
    private static readonly IPEndPoint Everybody = new(IPAddress.Parse("10.7.0.255"), Port);

    [Fact]
    public async Task TheSameFramesAreLostWithTheSameSeed()
    {
        int[] first = await Arrived("7"), again = await Arrived("7"), other = await Arrived("8");
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.InRange(first.Length, 60, 190);
        // And in virtual time, frame by frame.
        Assert.Equal(first, ArrivedInVirtualTime(7));
    }

    [Fact]
    public async Task RateAndDelayAreKept()
    {
        const int Count = 60, Length = 1000, Headers = 14 + 20 + 8;
        const double Delay = 0.080, Each = (Length + Headers) * 8 / 1e6, Late = 0.05;
        await using WanRun wan = await WanRun.Start("--rate", "1Mbit", "--delay", "80ms", "--b-to-a", "rate=8Mbit");
        using Socket from = Sender(wan), to = Receiver(wan);
        (double first, double last) = (0, 0);
        // Nothing ever comes early. How late, that is up to the machine's other work too, which pauses now and then.
        for (int attempt = 0; attempt < 5; attempt++)
        {
            (double sent, first, last) = Burst(from, to, new byte[Length], Count);
            Assert.InRange(first, Delay + Each, double.MaxValue);
            Assert.InRange(last, Delay + Count * Each, double.MaxValue);
            if (first < Delay + Each + Late && last < Delay + Count * Each + sent + Late)
            {
                return;
            }
        }

        Assert.Fail($"the first datagram came after {first} s, the last after {last} s");
    }

    [Fact]
    public async Task ATransferComesWholeThroughABadLink()
    {
        await using WanRun wan = await WanRun.Start(
            "--rate", "40Mbit", "--delay", "4ms", "--loss", "0.5%", "--reorder", "probability=1%,delay=2ms", "--duplicate", "1%", "--corrupt", "0.3%", "--seed", "3");
        byte[] data = new byte[1_000_000];
        new Random(5).NextBytes(data);
        using Socket listener = wan.Open(east: true, SocketType.Stream), client = wan.Open(east: false, SocketType.Stream);
        listener.Bind(new IPEndPoint(WanRun.East, Port));
        listener.Listen();
        Task<byte[]> received = Task.Factory.StartNew(() => Read(listener), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        client.Connect(new IPEndPoint(WanRun.East, Port));
        client.Send(data);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(SHA256.HashData(data), await received);
        Sim.Result result = (await wan.Stop()).Ended(0);
        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal(["a", "b"], document.RootElement.GetProperty("devices").EnumerateArray().Select(d => d.GetProperty("port").GetString()));
        Assert.All(document.RootElement.GetProperty("devices").EnumerateArray(), d => Assert.InRange(d.GetProperty("rx_frames").GetInt64(), 300, 3000));
    }

    /// <summary>The numbers of those datagrams of 200 that came through a link that loses a third of them.</summary>
    private static async Task<int[]> Arrived(string seed)
    {
        await using WanRun wan = await WanRun.Start("--loss", "33%", "--delay", "2ms", "--seed", seed);
        using Socket from = Sender(wan), to = Receiver(wan);
        byte[] data = new byte[4];
        for (int i = 0; i < 200; i++)
        {
            Send(from, data, i);
        }

        // Some word of the end comes through.
        to.ReceiveTimeout = 20;
        var numbers = new List<int>();
        while (true)
        {
            try
            {
                to.Receive(data);
                int number = BinaryPrimitives.ReadInt32BigEndian(data);
                if (number < 0)
                {
                    return [.. numbers];
                }

                numbers.Add(number);
            }
            catch (SocketException)
            {
                Send(from, data, -1);
            }
        }
    }

    private static int[] ArrivedInVirtualTime(ulong seed)
    {
        using LiveScenario live = new(
            ScenarioScript.Parse("name: x\nhosts: {}\nbridges: [a, b]\nlinks: [{between: [a, b], loss: 33%}]\n", "x.yaml"), new RunOptions { Seed = seed });
        Link link = live.Simulation.Links[0];
        LossRecord record = new(link.AToB);
        for (int i = 0; i < 200; i++)
        {
            live.Simulation.BridgePorts[0].Enter(Instant.Zero, live.Simulation.FramePool.Copy(new byte[60]));
        }

        live.Simulation.RunFor(Duration.FromSeconds(1));
        return [.. Enumerable.Range(0, 200).Except(record.Lost.Select(n => n - 1))];
    }

    /// <summary>Sends datagrams at once; how long that took, and when the first and the last arrived, in seconds.</summary>
    private static (double Sent, double First, double Last) Burst(Socket from, Socket to, byte[] data, int count)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            from.SendTo(data, Everybody);
        }

        double sent = Stopwatch.GetElapsedTime(start).TotalSeconds;
        to.Receive(data);
        double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
        for (int i = 1; i < count; i++)
        {
            to.Receive(data);
        }

        return (sent, first, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static void Send(Socket from, byte[] data, int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(data, number);
        from.SendTo(data, Everybody);
    }

    private static Socket Sender(WanRun wan)
    {
        Socket socket = wan.Open(east: false, SocketType.Dgram);
        socket.EnableBroadcast = true;
        socket.Bind(new IPEndPoint(WanRun.West, 0));
        return socket;
    }

    private static Socket Receiver(WanRun wan)
    {
        Socket socket = wan.Open(east: true, SocketType.Dgram);
        socket.Bind(new IPEndPoint(IPAddress.Any, Port));
        return socket;
    }

    private static byte[] Read(Socket listener)
    {
        using Socket connection = listener.Accept();
        connection.ReceiveTimeout = 20_000;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[65_536];
        while (connection.Receive(buffer) is > 0 and int count)
        {
            hash.AppendData(buffer, 0, count);
        }

        return hash.GetHashAndReset();
    }
}
