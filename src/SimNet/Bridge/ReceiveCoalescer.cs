using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using SimStack;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Joins TCP segments that came in together into one packet, as Linux does before its stack sees them (generic receive offload:
/// inet_gro_receive, tcp_gro_receive): a stack then works on one packet, and acknowledges it once.
/// </summary>
internal sealed class ReceiveCoalescer(FramePool pool, Action<Instant, Frame> pass)
{
    // More connections than this at once are not joined; a kernel has 64.
    private const int MostFlows = 8;
    private const TcpFlags Alone = TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Urg | TcpFlags.Fin | TcpFlags.Cwr;
    private readonly Held[] _held = new Held[MostFlows];
    private int _count;

    /// <summary>Takes a frame; hands on what can't become longer.</summary>
    public void Add(Instant now, Frame frame)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        if (frame.SegmentSize > 0 || !TcpFrameLayout.TryParse(bytes, out TcpFrameLayout layout))
        {
            pass(now, frame);
            return;
        }

        int at = Find(bytes, layout);
        bool joins = MayJoin(bytes, layout);
        if (at >= 0)
        {
            if (joins && TryJoin(ref _held[at], frame, layout, out bool full))
            {
                pool.Return(frame);
                if (full)
                {
                    Release(now, at);
                }

                return;
            }

            Release(now, at);
        }

        if (!joins || IsPushed(bytes, layout))
        {
            pass(now, frame);
            return;
        }

        if (_count == MostFlows)
        {
            Release(now, 0);
        }

        _held[_count++] = new Held
        {
            Frame = frame,
            Layout = layout,
            SegmentSize = frame.Length - layout.Payload,
            Next = unchecked(TcpFrameLayout.Sequence(bytes, layout.Tcp) + (uint)(frame.Length - layout.Payload)),
            Count = 1,
        };
    }

    /// <summary>Hands on all that is left: nothing more came with it.</summary>
    public void Flush(Instant now)
    {
        while (_count > 0)
        {
            Release(now, 0);
        }
    }

    private static bool IsPushed(ReadOnlySpan<byte> bytes, in TcpFrameLayout layout) =>
        (TcpFrameLayout.Flags(bytes, layout.Tcp) & TcpFlags.Psh) != 0;

    /// <summary>Data, and nothing out of the ordinary; a mark of congestion has to be counted by segment.</summary>
    private static bool MayJoin(ReadOnlySpan<byte> bytes, in TcpFrameLayout layout)
    {
        const int CongestionExperienced = 3;
        TcpFlags flags = TcpFrameLayout.Flags(bytes, layout.Tcp);
        int ecn = (layout.IsV4 ? bytes[TcpFrameLayout.Ip + 1] : bytes[TcpFrameLayout.Ip + 1] >> 4) & 3;
        return bytes.Length > layout.Payload && (flags & TcpFlags.Ack) != 0 && (flags & Alone) == 0 && ecn != CongestionExperienced;
    }

    /// <summary>The held packet of the same connection.</summary>
    private int Find(ReadOnlySpan<byte> bytes, in TcpFrameLayout layout)
    {
        const int Ports = 4;
        for (int i = 0; i < _count; i++)
        {
            ref Held held = ref _held[i];
            if (held.Layout.IsV4 != layout.IsV4)
            {
                continue;
            }

            ReadOnlySpan<byte> other = held.Frame.Bytes;
            int addresses = TcpFrameLayout.Ip + (layout.IsV4 ? 12 : 8);
            if (bytes[addresses..(layout.Tcp + Ports)].SequenceEqual(other[addresses..(layout.Tcp + Ports)]))
            {
                return i;
            }
        }

        return -1;
    }

    private bool TryJoin(ref Held held, Frame frame, in TcpFrameLayout layout, out bool full)
    {
        full = false;
        ReadOnlySpan<byte> bytes = frame.Bytes;
        ReadOnlySpan<byte> first = held.Frame.Bytes;
        int length = bytes.Length - layout.Payload;
        if (TcpFrameLayout.Sequence(bytes, layout.Tcp) != held.Next || length > held.SegmentSize
            || first.Length + length > TcpFrameLayout.Ip + TcpFrameLayout.MaxPacketLength
            || !layout.HasHeadersOf(bytes, first, held.Layout) || !FollowsById(held, bytes)
            || (held.Count == 1 && !TryBegin(ref held)))
        {
            return false;
        }

        Span<byte> place = held.Frame.Buffer.AsSpan(held.Frame.Length, length);
        ulong sum = InternetChecksum.SumAndCopy(bytes[layout.Payload..], place);
        if (InternetChecksum.Fold(layout.SumOfHeaders(bytes, bytes.Length) + sum) != 0)
        {
            return false; // Damaged: the stack counts it.
        }

        AddSum(ref held, sum);
        held.Frame.Length += length;
        held.Next += (uint)length;
        held.Count++;
        held.Flags |= TcpFrameLayout.Flags(bytes, layout.Tcp) & TcpFlags.Psh;
        full = length < held.SegmentSize || held.Flags != TcpFlags.None;
        return true;
    }

    /// <summary>The second is there: the first goes into a frame that has room for many, once its checksum was found to be right.</summary>
    private bool TryBegin(ref Held held)
    {
        Frame single = held.Frame;
        ReadOnlySpan<byte> bytes = single.Bytes;
        int payload = held.Layout.Payload;
        Frame big = pool.Rent(TcpFrameLayout.Ip + TcpFrameLayout.MaxPacketLength);
        bytes[..payload].CopyTo(big.Buffer);
        ulong sum = InternetChecksum.SumAndCopy(bytes[payload..], big.Buffer.AsSpan(payload));
        if (InternetChecksum.Fold(held.Layout.SumOfHeaders(bytes, bytes.Length) + sum) != 0)
        {
            pool.Return(big);
            return false;
        }

        big.Length = single.Length;
        big.Note = single.Note;
        AddSum(ref held, sum);
        held.Frame = big;
        pool.Return(single);
        return true;
    }

    // Counted up by most systems, and 0 in all where the segments must not be fragmented (RFC 6864 §4.1).
    private static bool FollowsById(in Held held, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> first = held.Frame.Bytes;
        return !held.Layout.IsV4
            || held.Layout.Id(bytes) == (held.Layout.HasNoId(first) ? (ushort)0 : (ushort)(held.Layout.Id(first) + held.Count));
    }

    // A part that begins at an odd place is summed with its bytes the other way round (RFC 1071 §2 B).
    private static void AddSum(ref Held held, ulong sum)
    {
        ushort folded = (ushort)~InternetChecksum.Fold(sum);
        bool odd = ((held.Count * held.SegmentSize) & 1) != 0 && held.IsBegun;
        held.Sum += odd ? BinaryPrimitives.ReverseEndianness(folded) : folded;
        held.IsBegun = true;
    }

    private void Release(Instant now, int at)
    {
        Held held = _held[at];
        _count--;
        for (int i = at; i < _count; i++)
        {
            _held[i] = _held[i + 1];
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<Held>())
        {
            _held[_count] = default;
        }

        if (held.Count > 1)
        {
            Complete(held);
        }

        pass(now, held.Frame);
    }

    private static void Complete(in Held held)
    {
        Frame frame = held.Frame;
        Span<byte> bytes = frame.Bytes;
        TcpFrameLayout.SetFlags(bytes, held.Layout.Tcp, TcpFrameLayout.Flags(bytes, held.Layout.Tcp) | held.Flags);
        held.Layout.WriteLength(bytes, bytes.Length);
        // Fold gave the sums in network order; the checksum is added up in the machine's.
        uint network = (uint)(held.Sum & 0xFFFF) + (uint)((held.Sum >> 16) & 0xFFFF);
        network = (network & 0xFFFF) + (network >> 16);
        ushort own = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)network) : (ushort)network;
        held.Layout.WriteChecksum(bytes, bytes.Length, own);
        frame.SegmentSize = held.SegmentSize;
    }

    private struct Held
    {
        public Frame Frame;
        public TcpFrameLayout Layout;

        /// <summary>Bytes of data in the first.</summary>
        public int SegmentSize;

        /// <summary>The sequence number that the next one must have.</summary>
        public uint Next;

        /// <summary>Segments so far.</summary>
        public int Count;

        /// <summary>PSH of the last one.</summary>
        public TcpFlags Flags;

        /// <summary>Of the payloads, added up in network byte order.</summary>
        public ulong Sum;

        public bool IsBegun;
    }
}
