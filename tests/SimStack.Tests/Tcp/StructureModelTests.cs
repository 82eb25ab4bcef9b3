using FsCheck;
using FsCheck.Fluent;
using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>The structures under a connection against models too simple to be wrong.</summary>
public sealed class StructureModelTests
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithReplay(1, 3).WithMaxTest(100);

    [Fact]
    public void ReassemblyQueue_is_a_bitmap() =>
        Prop.ForAll(Steps(200), steps =>
        {
            // The numbers lie across 2^32.
            SequenceNumber origin = new(uint.MaxValue - 100);
            ReassemblyQueue queue = new();
            ReceiveMemory memory = new();
            bool[] there = new bool[300];
            (int Left, int Right) latest = default;
            int next = 0, moved = 0;
            foreach ((int kind, int a, int b) in steps)
            {
                int left = next + 1 + a % 100, right = Math.Min(left + 1 + b % 20, there.Length);
                if (kind % 4 == 0)
                {
                    next = Math.Min(next + a % 10, there.Length - 1);
                    int before = next;
                    int reached = queue.Advance(origin + next, memory) - origin;
                    while (next < there.Length && there[next])
                    {
                        next++;
                    }

                    Assert.Equal(next, reached);
                    moved += next - before;
                    Array.Clear(there, 0, Math.Min(next, there.Length));
                }
                else if (left < right)
                {
                    CheckOverlap(queue, there, origin, left, right);
                    SegmentBuffer buffer = SegmentBuffer.For((ReceiveBufferLayout)(kind % 2), right - left, 40 + right - left);
                    memory.Charge(queue.Add(origin + left, origin + right, buffer, out _));
                    queue.ReportFirst(queue.ExtendBlock(origin + left, origin + right), origin + left, origin + right);
                    there.AsSpan(left, right - left).Fill(true);
                    latest = (left, right);
                }

                Assert.Equal(there.AsSpan(Math.Min(next, there.Length)).Count(true), queue.Bytes);
                CheckBlocks(queue, there, origin, latest, next);
            }

            // Whatever was joined, copied and given up: what is read away and dropped leaves nothing behind.
            memory.Consume(moved);
            memory.Charge(-queue.Memory);
            Assert.Equal(0, memory.Total);
        }).Check(Fixed);

    [Fact]
    public void ByteQueue_is_a_list_of_bytes() =>
        Prop.ForAll(Steps(100), steps =>
        {
            ChunkPool pool = new();
            ByteQueue queue = new(pool);
            List<byte> model = [];
            byte next = 0;
            foreach ((int kind, int a, int b) in steps)
            {
                int count = kind % 8 == 0 ? a % 40_000 : a % 300;
                byte[] data = new byte[count];
                for (int i = 0; i < count; i++)
                {
                    data[i] = next++;
                }

                switch (kind % 5)
                {
                    case 0:
                        queue.Append(data);
                        model.AddRange(data);
                        break;
                    case 1:
                        // Ahead of a hole, then the hole: as segments that arrive in the wrong order.
                        queue.WriteAt(queue.Length + b % 5000, data);
                        byte[] hole = new byte[b % 5000];
                        queue.Append(hole);
                        queue.Extend(count);
                        model.AddRange(hole);
                        model.AddRange(data);
                        break;
                    case 2:
                        int gone = Math.Min(b % 50_000, model.Count);
                        queue.Consume(gone);
                        model.RemoveRange(0, gone);
                        queue.ReleaseIfEmpty();
                        break;
                    case 3 when queue.Tail(count) is { IsEmpty: false } place:
                        // Put where it belongs before it is known whether it stays: none, a part, or all does.
                        data.CopyTo(place);
                        queue.Append(place[..(b % (count + 1))]);
                        model.AddRange(data[..(b % (count + 1))]);
                        break;
                    default:
                        int from = model.Count == 0 ? 0 : b % model.Count;
                        byte[] copy = new byte[Math.Min(count, model.Count - from)];
                        queue.CopyTo(from, copy);
                        Assert.Equal(model.Skip(from).Take(copy.Length), copy);
                        byte[] summed = new byte[copy.Length];
                        ulong sum = queue.CopyAndSum(from, summed);
                        Assert.Equal(copy, summed);
                        Assert.Equal(InternetChecksum.Compute(copy), InternetChecksum.Fold(sum));
                        queue.Expect(from);
                        queue.Expect(model.Count);
                        break;
                }

                Assert.Equal(model.Count, queue.Length);
            }

            byte[] all = new byte[queue.Length];
            queue.CopyTo(0, all);
            Assert.Equal(model, all);
        }).Check(Fixed);

    [Fact]
    public void Behind_a_sacked_segment_that_is_taken_out_the_next_is_found()
    {
        SegmentRing ring = new();
        for (int i = 0; i < 4; i++)
        {
            ref SentSegment segment = ref ring.Add();
            segment.Seq = new SequenceNumber((uint)(100 * i));
            segment.Length = 100;
        }

        for (int i = 0; i < 3; i++)
        {
            ring.MarkSacked(ring.Start + i);
        }

        ring.RemoveAt(1);
        Assert.Equal(ring.Start + 1, ring.At(ring.Start).Next);
        Assert.Equal(ring.End - 1, ring.SkipSacked(ring.Start));
    }

    /// <summary>A loss probe may send the last segment again although the peer has it: it stays out of the order of sending.</summary>
    [Fact]
    public void A_sacked_segment_that_is_sent_again_is_stepped_over_as_before()
    {
        SegmentRing ring = new();
        for (int i = 0; i < 4; i++)
        {
            ref SentSegment segment = ref ring.Add();
            segment.Seq = new SequenceNumber((uint)(100 * i));
            segment.Length = 100;
        }

        ring.MarkSacked(ring.Start + 2);
        ring.MarkSacked(ring.Start + 3);
        ring.MoveToNewest(ring.Start + 3);
        ring.MoveToNewest(ring.Start + 1);
        Assert.Equal(ring.End, ring.SkipSacked(ring.Start + 2));
        Assert.Equal(ring.Start, ring.Oldest);
        Assert.Equal(ring.Start + 1, ring.At(ring.Oldest).Next);
        Assert.Equal(SegmentRing.None, ring.At(ring.Start + 1).Next);
    }

    [Fact]
    public void SegmentRing_is_a_list() =>
        Prop.ForAll(Steps(200), steps =>
        {
            SegmentRing ring = new();
            List<(uint Seq, int Length, SentFlags Flags)> model = [];
            uint seq = uint.MaxValue - 1000;
            foreach ((int kind, int a, int b) in steps)
            {
                switch (kind % 5)
                {
                    case 0 when model.Count > 0:
                        ring.RemoveFirst();
                        model.RemoveAt(0);
                        break;
                    case 1 when model.Count > 0:
                        int index = a % model.Count;
                        (uint s, int length, SentFlags flags) = model[index];
                        if (length > 1)
                        {
                            int first = 1 + b % (length - 1);
                            ring.Split(index, first);
                            model[index] = (s, first, flags & ~(SentFlags.Push | SentFlags.Fin));
                            model.Insert(index + 1, (unchecked(s + (uint)first), length - first, flags & ~SentFlags.Syn));
                        }

                        break;
                    default:
                        SentFlags some = (SentFlags)(b % 64 & ~(int)SentFlags.Lost);
                        ref SentSegment added = ref ring.Add();
                        Assert.Equal((0, SentFlags.None), (added.Length, added.Flags));
                        (added.Seq, added.Length, added.Flags) = (new SequenceNumber(seq), 1 + a % 1460, some);
                        model.Add((seq, 1 + a % 1460, some));
                        seq = unchecked(seq + (uint)(1 + a % 1460));
                        break;
                }

                Assert.Equal(model.Count, ring.Count);
                for (int i = 0; i < model.Count; i++)
                {
                    Assert.Equal(model[i], (ring[i].Seq.Value, ring[i].Length, ring[i].Flags));
                }
            }
        }).Check(Fixed);

    [Fact]
    public void Plain_segments_leave_a_ring_together_as_they_would_one_by_one() =>
        Prop.ForAll(Steps(200), steps =>
        {
            SegmentRing together = new(), single = new();
            foreach ((int kind, int a, int b) in steps)
            {
                int index = together.Count > 0 ? a % together.Count : 0;
                switch (kind % 7)
                {
                    case 0 when together.Count > 0:
                        SequenceNumber una = together[index].Seq + b % 3;
                        int expected = LeadingPlain(together, una);
                        Assert.Equal(expected, together.CountPlain(una, out int packets));
                        Assert.Equal(packets, Enumerable.Range(0, expected).Count(i => !together[i].Has(SentFlags.Followed)));
                        if (expected > 0)
                        {
                            together.RemovePlain(expected);
                        }

                        for (; expected > 0; expected--)
                        {
                            single.RemoveFirst();
                        }

                        break;
                    case 1 when together.Count > 0 && together[index].Listed:
                        together.MoveToNewest(together.Start + index);
                        single.MoveToNewest(single.Start + index);
                        break;
                    case 2 when together.Count > 0 && b % 4 == 0:
                        SentFlags mark = (b & 8) == 0 ? SentFlags.Lost : SentFlags.Retransmitted;
                        together[index].Flags |= mark;
                        single[index].Flags |= mark;
                        break;
                    default:
                        Append(together, b);
                        Append(single, b);
                        break;
                }

                Assert.Equal(Describe(single), Describe(together));
            }
        }).Check(Fixed);

    private static void Append(SegmentRing ring, int b)
    {
        uint next = ring.Count > 0 ? ring[ring.Count - 1].End.Value : uint.MaxValue - 100;
        ref SentSegment segment = ref ring.Add();
        (segment.Seq, segment.Length, segment.Flags) = (new SequenceNumber(next), 1 + (b % 2), (b & 2) != 0 ? SentFlags.Followed : SentFlags.None);
    }

    // Sent in the order in which they stand: nothing that follows in it was sent before.
    private static int LeadingPlain(SegmentRing ring, SequenceNumber una)
    {
        int count = 0;
        while (count < ring.Count && ring[count].End <= una && !ring[count].Has(SentFlags.Lost | SentFlags.Retransmitted) && ring[count].Listed
            && Enumerable.Range(count, ring.Count - count).All(i => !ring[i].Listed || ring[i].Order >= ring[count].Order))
        {
            count++;
        }

        return count;
    }

    private static string Describe(SegmentRing ring)
    {
        List<string> parts = [$"{ring.Count}", $"{ring.OldestNotLost() - ring.Start}"];
        for (int position = ring.Oldest; position != SegmentRing.None; position = ring.At(position).Next)
        {
            parts.Add($"{position - ring.Start}:{ring.At(position).Seq.Value}+{ring.At(position).Length}");
        }

        return string.Join(' ', parts);
    }

    [Fact]
    public void FlowTimers_is_a_sorted_list() =>
        Prop.ForAll(Steps(300), steps =>
        {
            FlowTimers timers = new();
            TestFlow[] flows = [.. Enumerable.Range(0, 40).Select(i => new TestFlow(i))];
            long now = 0;
            foreach ((int kind, int a, int b) in steps)
            {
                TestFlow flow = flows[a % flows.Length];
                switch (kind % 6)
                {
                    case 0:
                        timers.Remove(flow);
                        flow.At = Instant.Never;
                        break;
                    case 1:
                        now += b % 50;
                        List<long> fired = [];
                        while (timers.TryTakeDue(new Instant(now), out TcpFlow due))
                        {
                            fired.Add(due.Id);
                            Assert.True(((TestFlow)due).At.Nanoseconds <= now);
                            ((TestFlow)due).At = Instant.Never;
                            timers.Update(due);
                        }

                        Assert.All(flows, f => Assert.True(f.At.Nanoseconds > now));
                        Assert.Equal(fired.Count, fired.Distinct().Count());
                        break;
                    default:
                        flow.At = kind % 6 == 2 ? Instant.Never : new Instant(now + b % 200);
                        timers.Update(flow);
                        break;
                }

                Assert.True(timers.Next <= flows.Select(f => f.At).Min());
                Assert.True(timers.Count <= flows.Length);
            }
        }).Check(Fixed);

    [Fact]
    public void FlowTable_is_a_dictionary() =>
        Prop.ForAll(Steps(300), steps =>
        {
            FlowTable table = new(12345);
            Dictionary<(IpEndpoint, IpEndpoint), TestFlow> model = [];
            foreach ((int kind, int a, int b) in steps)
            {
                IpAddress address = b % 3 == 0 ? IpAddress.Parse("fd00::" + (b % 7 + 1)) : IpAddress.FromV4(10, 0, 0, (byte)(b % 7));
                IpEndpoint local = new(address, (ushort)(a % 5)), remote = new(address, (ushort)(a % 97));
                bool known = model.TryGetValue((local, remote), out TestFlow? flow);
                Assert.Same(flow, table.Find(local.Address, local.Port, remote.Address, remote.Port));
                if (known && kind % 3 == 0)
                {
                    table.Remove(flow!);
                    model.Remove((local, remote));
                }
                else if (!known)
                {
                    flow = new TestFlow(model.Count, local, remote);
                    table.Add(flow);
                    model.Add((local, remote), flow);
                }
            }

            List<TcpFlow> all = [];
            table.CopyTo(all);
            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Values.ToHashSet(), all.Cast<TestFlow>().ToHashSet());
        }).Check(Fixed);

    private static Arbitrary<(int Kind, int A, int B)[]> Steps(int most) =>
        Gen.ArrayOf(
            from kind in Gen.Choose(0, 1000) from a in Gen.Choose(0, 100_000) from b in Gen.Choose(0, 100_000) select (kind, a, b), most).ToArbitrary();

    private static void CheckOverlap(ReassemblyQueue queue, bool[] there, SequenceNumber origin, int left, int right)
    {
        int from = left;
        while (from < right && !there[from])
        {
            from++;
        }

        int to = from;
        while (to < right && there[to])
        {
            to++;
        }

        Assert.Equal(from < right, queue.TryFindOverlap(origin + left, origin + right, out SackBlock overlap));
        if (from < right)
        {
            Assert.Equal(new SackBlock(origin + from, origin + to), overlap);
        }
    }

    /// <summary>RFC 2018 §4: the first block holds what arrived last; all tell of what is there, none twice.</summary>
    private static void CheckBlocks(ReassemblyQueue queue, bool[] there, SequenceNumber origin, (int Left, int Right) latest, int next)
    {
        bool[] told = new bool[there.Length];
        for (int i = 0; i < queue.BlockCount; i++)
        {
            (int left, int right) = (queue.Block(i).Left - origin, queue.Block(i).Right - origin);
            Assert.DoesNotContain(false, there[left..right]);
            Assert.DoesNotContain(true, told[left..right]);
            Array.Fill(told, true, left, right - left);
            Assert.True(i > 0 || latest.Left <= next || (left <= latest.Left && right >= latest.Right));
        }

        Assert.InRange(queue.BlockCount, 0, 4);
        Assert.True(queue.BlockCount > 0 || latest.Left <= next);
    }

    private sealed class TestFlow(long id, IpEndpoint local = default, IpEndpoint remote = default) : TcpFlow(local, remote, id)
    {
        public Instant At { get; set; } = Instant.Never;

        public override TcpState State => TcpState.Established;

        public override Instant Deadline => At;

        public override void Timeout(Instant now)
        {
        }
    }
}
