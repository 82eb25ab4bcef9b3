using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Whatever comes in from a network, or out of a file: no exception, and no more memory than there are limits for.</summary>
public class HostileFramesTests
{
    private const int Rounds = 1500;
    private const int Batch = 20;
    private static readonly IpAddress Own4 = IpAddress.Parse("10.8.0.2"), Own6 = IpAddress.Parse("fd08::2");

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(true, false, 2)]
    [InlineData(true, true, 3)]
    [InlineData(false, true, 4)]
    public void NothingThatEntersDoesHarm(bool joins, bool forwards, int seed)
    {
        using Simulation simulation = new(new SimulationOptions { Limits = new SimulationLimits { Events = long.MaxValue } });
        SimHost host = simulation.AddHost("host");
        HostInterface port = host.AddInterface();
        port.AddAddress(Own4, 24);
        port.AddAddress(Own6, 64);
        host.Stack.Sysctls.IpForward = host.Stack.Sysctls.Ip6Forwarding = forwards;
        BridgePort outside = simulation.AddBridgePort("outside");
        outside.ReceiveOffload = joins;
        simulation.AddLink(outside, port);
        host.Listen(new IpEndpoint(IpAddress.AnyV6, 7));
        host.OpenUdp(new IpEndpoint(IpAddress.AnyV6, 7));
        HostileFrames frames = new(seed, port.HardwareAddress!.Value, Own4, Own6);
        System.Random random = new(seed);
        Frame[] batch = new Frame[Batch];
        long before = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int count = 0;
            while (count < Batch)
            {
                Frame frame = simulation.FramePool.Copy(frames.Next(random.Next(20) == 0 ? 65_000 : 1514));
                // As a device with offload hands it over.
                if (ReceivedPacket.TryFinish(Header(random, frame), frame))
                {
                    batch[count++] = frame;
                }
                else
                {
                    frame.SegmentSize = 0;
                    simulation.FramePool.Return(frame);
                }
            }

            outside.Enter(simulation.Now, batch);
            simulation.RunFor(Duration.FromMilliseconds(random.Next(3) == 0 ? 1 : 0));
            before = round == Rounds / 2 ? GC.GetTotalMemory(forceFullCollection: true) : before;
        }

        Assert.True(outside.Entered >= Rounds * Batch);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 << 20);
        // What waits to be put together, to be answered or to be taken by a program, has limits or a time.
        simulation.RunFor(Duration.FromSeconds(600));
        Assert.InRange(simulation.FramePool.Outstanding, 0, 64);
    }

    [Fact]
    public void OffloadHeadersThatMakeNoSenseAreRefused()
    {
        FramePool pool = new();
        HostileFrames frames = new(5, MacAddress.Broadcast, Own4, Own6);
        System.Random random = new(5);
        FrameQueue datagrams = new();
        int finished = 0, cut = 0;
        for (int i = 0; i < 60_000; i++)
        {
            Frame frame = pool.Copy(frames.Next());
            VirtioHeader header = Header(random, frame);
            finished += ReceivedPacket.TryFinish(header, frame) ? 1 : 0;
            PartialChecksum.Complete(frame.Bytes);
            cut += DatagramCutter.TryCut(pool, header, frame.Bytes, ref datagrams) ? 1 : 0;
            frame.SegmentSize = 0;
            pool.Return(frame);
            while (datagrams.TryDequeue(out Frame? datagram))
            {
                pool.Return(datagram);
            }
        }

        Assert.InRange(finished, 1000, 59_000);
        Assert.InRange(cut, 1, 59_000);
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void CapturesWithAnyByteChangedDoNoHarm()
    {
        byte[] whole = File();
        System.Random random = new(6);
        int fed = 0, refused = 0;
        for (int round = 0; round < 400; round++)
        {
            byte[] file = [.. whole];
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            try
            {
                Feed(random.Next(10) == 0 ? file[..random.Next(file.Length)] : file, (ulong)round);
                fed++;
            }
            catch (Exception wrong) when (wrong is CaptureFormatException or InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(fed > 50 && refused > 20, $"{fed} fed, {refused} refused");
    }

    /// <summary>The way through a kernel: each kind of device is flooded, and answers afterwards.</summary>
    [Theory]
    [InlineData("tap")]
    [InlineData("offload")]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void AStationOutlivesAFlood(string kind)
    {
        if (kind is "packet" or "pcap")
        {
            using Cable cable = new();
            using BridgedStation station = new(kind, cable);
            Flood(cable.Peer, "ve0", new HostileFrames(7, station.Device.Station, Own4, Own6));
            Assert.Contains("1 received", cable.Peer.Run("ping", "-c", "1", "-W", "20", Own4.ToString()), StringComparison.Ordinal);
            return;
        }

        using KernelNamespace kernel = new();
        using BridgedHost host = new(kernel, device: new TapOptions { Offload = kind == "offload" });
        HostInterface port = host.Host.Interfaces[0];
        Flood(kernel, "tap0", new HostileFrames(7, port.HardwareAddress!.Value, port.Addresses[0], port.Addresses[1]));
        Assert.Contains("1 received", kernel.Run("ping", "-c", "1", "-W", "20", "10.9.0.2"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("packet")]
    [InlineData("pcap")]
    public void AProbeOutlivesAFlood(string kind)
    {
        using Cable cable = new();
        using StationDevice device = BridgedStation.Open(kind, new StationOptions { Interface = "ve1", NetworkNamespace = cable.Beside.Name, Addresses = [Own4, Own6] });
        using CancellationTokenSource stop = new();
        Thread flood = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Others' addresses alone: nobody claims the station's but by a byte that happens to be changed so.
                Flood(cable.Peer, "ve0", new HostileFrames(8, device.Station, Own4, Own6), 300);
            }
        });
        flood.Start();
        try
        {
            AddressProbe.Run(device);
        }
        catch (BridgeException claimed)
        {
            Assert.Contains(" belongs to ", claimed.Message, StringComparison.Ordinal);
        }
        finally
        {
            stop.Cancel();
            flood.Join();
        }

        Assert.True(device.Counters.RxFrames > 100);
    }

    private static void Flood(KernelNamespace from, string device, HostileFrames frames, int count = 3000)
    {
        FramePool pool = new();
        using PacketSocketDevice socket = PacketSocketDevice.Open(new StationOptions { Interface = device, NetworkNamespace = from.Name });
        for (int i = 0; i < count; i++)
        {
            socket.Write(pool, pool.Copy(frames.Next()));
            // A batch at a time, so that not most of them are lost in the kernel's queue.
            if (i % 50 == 49)
            {
                socket.Flush(pool);
                Thread.Sleep(1);
            }
        }

        socket.Flush(pool);
        Assert.True(socket.Counters.TxFrames > count / 2);
    }

    /// <summary>What a system could have written before a frame, and what none would.</summary>
    private static VirtioHeader Header(System.Random random, Frame frame)
    {
        byte type = random.Next(5) switch { 0 => VirtioHeader.TcpV4, 1 => VirtioHeader.TcpV6, 2 => (byte)random.Next(256), _ => VirtioHeader.None };
        bool layout = TcpFrameLayout.TryParse(frame.Bytes, out TcpFrameLayout tcp) && random.Next(4) > 0;
        return new VirtioHeader
        {
            Flags = (byte)random.Next(2),
            SegmentationType = type == 0 && random.Next(6) == 0 ? VirtioHeader.UdpDatagrams : type,
            SegmentSize = (ushort)(random.Next(3) == 0 ? random.Next(65_536) : random.Next(1, 200)),
            ChecksumStart = (ushort)(layout ? tcp.Tcp : random.Next(3) == 0 ? random.Next(65_536) : random.Next(2) == 0 ? 34 : 54),
            ChecksumOffset = (ushort)(layout ? 16 : random.Next(3) == 0 ? random.Next(65_536) : 6),
        };
    }

    private static void Feed(byte[] capture, ulong seed)
    {
        using Simulation simulation = BridgeReplayTests.Network(seed, out BridgePort port);
        using CaptureReader survey = CaptureReader.Open(new MemoryStream(capture));
        IpAddress own = IpAddress.Parse("10.0.0.1");
        CaptureAddresses addresses = CaptureAddresses.Read(survey, TestContext.Current.CancellationToken);
        using CaptureFeed feed = new(simulation, port, addresses, new CaptureFeedOptions { As = [(own, own)] });
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(capture));
        feed.Run(reader, TestContext.Current.CancellationToken);
    }

    private static byte[] File()
    {
        using MemoryStream file = new();
        using (PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true }))
        {
            writer.AddInterface(new CaptureInterface { LinkType = CaptureLinkType.Ethernet });
            foreach ((Instant time, CaptureDirection direction, byte[] frame) in BridgeReplayTests.Read(BridgeReplayTests.Recording.Value).Take(40))
            {
                writer.Write(0, 1_000_000_000_000 + time.Nanoseconds, frame, direction, default(ReadOnlySpan<char>));
            }
        }

        return file.ToArray();
    }
}
