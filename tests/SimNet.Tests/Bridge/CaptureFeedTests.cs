using SimNet.Bridge;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>What the other side of a captured conversation sent, fed to a host that has numbers of its own.</summary>
public class CaptureFeedTests
{
    private static List<(Instant Time, CaptureDirection Direction, byte[] Frame)> Conversation => BridgeReplayTests.Read(BridgeReplayTests.Recording.Value);

    [Fact]
    public void AHostWithOtherNumbersEchoesTheSame()
    {
        (CaptureFeedCounters counters, SimHost host) = Feed(File(Conversation), seed: 99);
        Assert.Equal(0, counters.WithoutBeginning + counters.Unasked + counters.Unreadable + counters.Others + counters.Filled);
        Assert.True(counters.Entered > 20);
        List<SimStack.Sockets.SocketTableRow> rows = [];
        host.Stack.GetSocketTable(host.Now, rows);
        // All the bytes came, through a link that loses some of the captured packets again: those that were sent twice then, or none.
        Assert.Contains(rows, r => r.Remote == new IpEndpoint(IpAddress.Parse("10.0.0.2"), r.Remote.Port) && r.Info is { } info && info.BytesReceived > 10_000);
    }

    [Fact]
    public void EveryLinkTypeIsGivenAnEthernetHeader()
    {
        long ethernet = Feed(File(Conversation), 99).Counters.Entered;
        foreach ((CaptureLinkType type, Func<byte[], byte[]> change) in new (CaptureLinkType, Func<byte[], byte[]>)[]
        {
            (CaptureLinkType.RawIp, f => f[14..]),
            (CaptureLinkType.Ipv4, f => f[14..]),
            (CaptureLinkType.Null, f => [2, 0, 0, 0, .. f[14..]]),
            (CaptureLinkType.LinuxCooked, f => [.. new byte[14], .. f[12..]]),
            (CaptureLinkType.LinuxCooked2, f => [.. f[12..14], .. new byte[18], .. f[14..]]),
            (CaptureLinkType.Ethernet, f => [.. f[..12], 0x81, 0, 0, 7, .. f[12..]]),
        })
        {
            CaptureFeedCounters counters = Feed(File(Conversation.Where(f => f.Frame[13] == 0), type, change), 99).Counters;
            Assert.True(counters.Entered > 20 && counters.Unreadable == 0, $"{type}: {counters.Entered} of {ethernet}, {counters.Unreadable} not readable");
        }
    }

    [Fact]
    public void WhatWasCutOffIsFilledUp()
    {
        CaptureFeedCounters counters = Feed(File(Conversation, cut: 100), 99).Counters;
        Assert.True(counters.Filled > 10 && counters.Entered > 20 && counters.WithoutBeginning == 0);
    }

    [Fact]
    public void AConnectionThatBeganBeforeTheCaptureIsLeftOut()
    {
        CaptureFeedCounters counters = Feed(File(Conversation.Where(f => f.Frame[13] == 0).Skip(4)), 99).Counters;
        Assert.Equal(0, counters.Entered);
        Assert.True(counters.WithoutBeginning > 20);
    }

    [Fact]
    public void DamagedCapturesDoNoHarm()
    {
        System.Random random = new(4711);
        List<(Instant Time, CaptureDirection Direction, byte[] Frame)> whole = Conversation;
        for (int round = 0; round < 150; round++)
        {
            IEnumerable<(Instant, CaptureDirection, byte[])> damaged = whole.Take(60).Select(f =>
            {
                byte[] frame = [.. f.Frame];
                for (int i = random.Next(3); i > 0; i--)
                {
                    frame[random.Next(12, Math.Min(frame.Length, 90))] = (byte)random.Next(256);
                }

                return (f.Time, f.Direction, random.Next(10) == 0 ? frame[..random.Next(frame.Length)] : frame);
            });
            CaptureFeedCounters counters = Feed(File(damaged.ToList()), (ulong)round).Counters;
            Assert.Equal(60, counters.Frames);
        }
    }

    private static (CaptureFeedCounters Counters, SimHost Host) Feed(byte[] capture, ulong seed)
    {
        using Simulation simulation = BridgeReplayTests.Network(seed, out BridgePort port);
        using CaptureReader survey = CaptureReader.Open(new MemoryStream(capture));
        CaptureAddresses addresses = CaptureAddresses.Read(survey, TestContext.Current.CancellationToken);
        IpAddress own = IpAddress.Parse("10.0.0.1");
        using CaptureFeed feed = new(simulation, port, addresses, new CaptureFeedOptions { As = [(own, own)] });
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(capture));
        feed.Run(reader, TestContext.Current.CancellationToken);
        simulation.RunFor(Duration.FromSeconds(1));
        return (feed.Counters, simulation.Hosts[0]);
    }

    private static byte[] File(
        IEnumerable<(Instant Time, CaptureDirection Direction, byte[] Frame)> frames, CaptureLinkType type = CaptureLinkType.Ethernet, Func<byte[], byte[]>? change = null, int cut = 0)
    {
        using MemoryStream file = new();
        using (PcapngWriter writer = new(file, new PcapngOptions { LeaveOpen = true }))
        {
            writer.AddInterface(new CaptureInterface { LinkType = type, SnapLength = cut });
            foreach ((Instant time, CaptureDirection direction, byte[] frame) in frames)
            {
                writer.Write(0, 1_000_000_000_000 + time.Nanoseconds, change is null ? frame : change(frame), direction, default(ReadOnlySpan<char>));
            }
        }

        return file.ToArray();
    }
}
