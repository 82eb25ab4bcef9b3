using System.Runtime.InteropServices;
using SimNet.Bridge;
using SimNet.Bridge.Native;
using SimStack;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Segments that become one packet, and are the same again once it is cut.</summary>
public unsafe class SegmentationTests
{
    private readonly FramePool _pool = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatWasJoinedIsCutIntoTheSameSegments(int seed)
    {
        List<Frame> sent = new SegmentFlow(new System.Random(seed)).Packet(_pool);
        string[] before = [.. sent.Select(Text)];
        List<Frame> joined = Join(sent);
        Assert.InRange(joined.Count, 1, 3); // FIN stands alone, and what goes with PSH alone.
        Assert.All(joined, frame => Assert.True(HasGoodSum(frame)));
        Assert.Equal(before, Cut(joined).Select(Text));
    }

    // RFC 3168 §6.1.2: CWR is said once. With AE (RFC 9768) the same bits are a counter, which each segment carries.
    [Theory]
    [InlineData(TcpFlags.Cwr, false)]
    [InlineData(TcpFlags.Cwr | TcpFlags.Ae, true)]
    public void ReducingTheWindowIsSaidByTheFirstSegment(TcpFlags set, bool all)
    {
        Frame whole = Enumerable.Range(1, 40).SelectMany(seed => Join(new SegmentFlow(new System.Random(seed)).Packet(_pool))).First(f => f.SegmentSize > 0 && f.Length > 4 * f.SegmentSize);
        Assert.True(TcpFrameLayout.TryParse(whole.Bytes, out TcpFrameLayout layout));
        TcpFrameLayout.SetFlags(whole.Bytes, layout.Tcp, TcpFrameLayout.Flags(whole.Bytes, layout.Tcp) | set);
        bool[] said = [.. Cut([whole]).Select(segment => (TcpFrameLayout.Flags(segment.Bytes, layout.Tcp) & set) == set)];
        Assert.InRange(said.Length, 4, 100);
        Assert.Equal([true, .. Enumerable.Repeat(all, said.Length - 1)], said);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhateverComesIsHandedOnInTheOrderOfItsConnection(int seed)
    {
        System.Random random = new(seed);
        SegmentFlow[] flows = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => new SegmentFlow(random))];
        List<Frame> sent = [];
        for (int i = 0; i < 30; i++)
        {
            sent.AddRange(flows[random.Next(flows.Length)].Packet(_pool).Take(random.Next(1, 60)));
        }

        // Some are lost, some change places, and some are damaged.
        sent.RemoveAll(_ => random.Next(40) == 0);
        for (int i = 0; i < sent.Count / 20; i++)
        {
            int at = random.Next(sent.Count - 1);
            (sent[at], sent[at + 1]) = (sent[at + 1], sent[at]);
            Frame damaged = sent[random.Next(sent.Count)];
            damaged.Bytes[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
        }

        long lost = _pool.Outstanding - sent.Count;
        ILookup<string, string> before = sent.ToLookup(Flow, Text);
        ILookup<string, string> after = Cut(Join(sent)).ToLookup(Flow, Text);
        Assert.Equal(before.Count, after.Count);
        Assert.All(before, flow => Assert.Equal(flow, after[flow.Key]));
        Assert.Equal(lost, _pool.Outstanding);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatIsGatheredIsCutIntoTheSameSegments(int seed)
    {
        System.Random random = new(seed);
        SegmentFlow flow = new(random), other = new(random);
        List<Frame> sent = [.. flow.Packet(_pool), .. other.Packet(_pool), .. flow.Packet(_pool)];
        if (random.Next(2) == 0)
        {
            sent.RemoveAt(random.Next(sent.Count)); // What is missing must not be made up for.
        }

        string[] before = [.. sent.Select(Text)];
        using SegmentGroup group = new();
        List<Frame> packets = [];
        foreach (Frame frame in sent)
        {
            if (!group.TryAdd(frame))
            {
                packets.Add(Hand(group));
                Assert.True(group.TryAdd(frame));
            }
        }

        packets.Add(Hand(group));
        Assert.InRange(packets.Count, 3, 8);
        Assert.Equal(before, Cut(packets).Select(Text));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void NothingInADevicesHeaderIsTakenOnTrust(int seed)
    {
        System.Random random = new(seed);
        for (int i = 0; i < 200; i++)
        {
            Frame frame = random.Next(2) == 0 ? new SegmentFlow(random).Packet(_pool)[0] : _pool.Rent(random.Next(0, 2000));
            frame.Length = random.Next(frame.Length + 1);
            VirtioHeader header = new()
            {
                Flags = (byte)random.Next(4),
                SegmentationType = (byte)random.Next(8),
                HeaderLength = (ushort)random.Next(65_536),
                SegmentSize = (ushort)random.Next(random.Next(2) == 0 ? 20 : 65_536),
                ChecksumStart = (ushort)(random.Next(2) == 0 ? 34 : random.Next(65_536)),
                ChecksumOffset = (ushort)(random.Next(2) == 0 ? 16 : random.Next(65_536)),
            };
            if (ReceivedPacket.TryFinish(header, frame) && frame.SegmentSize > 0)
            {
                Assert.True(Cut([frame]).Count >= 2);
            }
        }
    }

    /// <summary>What the device would read, as the other end of the same header.</summary>
    private Frame Hand(SegmentGroup group)
    {
        Libc.IoVector* vectors = group.Finish(out int count);
        Frame packet = _pool.Rent(group.Length);
        Span<byte> rest = packet.Bytes;
        for (int i = 1; i < count; i++)
        {
            new ReadOnlySpan<byte>(vectors[i].Start, (int)vectors[i].Length).CopyTo(rest);
            rest = rest[(int)vectors[i].Length..];
        }

        Assert.True(rest.IsEmpty);
        Assert.True(ReceivedPacket.TryFinish(MemoryMarshal.Read<VirtioHeader>(new ReadOnlySpan<byte>(vectors[0].Start, VirtioHeader.Length)), packet));
        group.Clear();
        return packet;
    }

    private List<Frame> Join(List<Frame> frames)
    {
        List<Frame> passed = [];
        ReceiveCoalescer coalescer = new(_pool, (_, frame) => passed.Add(frame));
        frames.ForEach(frame => coalescer.Add(Instant.Zero, frame));
        coalescer.Flush(Instant.Zero);
        return passed;
    }

    private List<Frame> Cut(List<Frame> frames)
    {
        List<Frame> segments = [];
        foreach (Frame frame in frames)
        {
            if (frame.SegmentSize == 0)
            {
                segments.Add(frame);
                continue;
            }

            SegmentCutter cutter = new(_pool, frame);
            while (cutter.TryCut(out Frame segment))
            {
                segments.Add(segment);
            }

            _pool.Return(frame);
        }

        segments.ForEach(_pool.Return); // Nobody takes them while they are looked at.
        return segments;
    }

    private static bool HasGoodSum(Frame frame) => TcpFrameLayout.TryParse(frame.Bytes, out TcpFrameLayout layout)
        && InternetChecksum.Fold(InternetChecksum.Sum(frame.Bytes[layout.Payload..]) + layout.SumOfHeaders(frame.Bytes, frame.Length)) == 0;

    private static string Text(Frame frame) => Convert.ToHexString(frame.Bytes);

    private static string Flow(Frame frame) => TcpFrameLayout.TryParse(frame.Bytes, out TcpFrameLayout layout)
        ? Convert.ToHexString(frame.Bytes[(TcpFrameLayout.Ip + (layout.IsV4 ? 12 : 8))..(layout.Tcp + 4)])
        : "others";
}
