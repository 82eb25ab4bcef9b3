using System.Buffers.Binary;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Cuts a packet of many TCP segments into these, as Linux does before a device that can't (tcp_gso_segment, inet_gso_segment).</summary>
internal struct SegmentCutter
{
    private readonly FramePool _pool;
    private readonly Frame _whole;
    private readonly TcpFrameLayout _layout;
    private int _at;
    private int _number;

    /// <param name="pool">Where the segments come from.</param>
    /// <param name="whole">With <see cref="Frame.SegmentSize"/>; stays the caller's.</param>
    public SegmentCutter(FramePool pool, Frame whole)
    {
        _pool = pool;
        _whole = whole;
        _at = TcpFrameLayout.TryParse(whole.Bytes, out _layout) && whole.SegmentSize > 0 ? _layout.Payload : int.MaxValue;
    }

    /// <summary>The next segment, which belongs to the caller; false after the last.</summary>
    public bool TryCut(out Frame segment)
    {
        ReadOnlySpan<byte> whole = _whole.Bytes;
        segment = null!;
        if (_at >= whole.Length)
        {
            return false;
        }

        int length = Math.Min(_whole.SegmentSize, whole.Length - _at);
        bool last = _at + length == whole.Length;
        segment = _pool.Rent(_layout.Payload + length);
        segment.Note = _whole.Note;
        Span<byte> bytes = segment.Bytes;
        whole[.._layout.Payload].CopyTo(bytes);
        ulong sum = InternetChecksum.SumAndCopy(whole.Slice(_at, length), bytes[_layout.Payload..]);
        int tcp = _layout.Tcp;
        uint offset = (uint)(_at - _layout.Payload);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[(tcp + 4)..], unchecked(TcpFrameLayout.Sequence(whole, tcp) + offset));
        // What ends the packet is said once at its end, that the window was reduced once at its beginning.
        TcpFlags flags = TcpFrameLayout.Flags(whole, tcp);
        flags &= last ? flags : ~(TcpFlags.Psh | TcpFlags.Fin);
        flags &= _number == 0 || IsAccurate(flags) ? flags : ~TcpFlags.Cwr;
        TcpFrameLayout.SetFlags(bytes, tcp, flags);
        if (_layout.IsV4 && !_layout.HasNoId(whole))
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes[(TcpFrameLayout.Ip + 4)..], (ushort)(_layout.Id(whole) + _number));
        }

        _layout.WriteLength(bytes, bytes.Length);
        _layout.WriteChecksum(bytes, bytes.Length, sum);
        _at += length;
        _number++;
        return true;
    }

    // With AE the flags are a counter, the same in all (SKB_GSO_TCP_ACCECN).
    private static bool IsAccurate(TcpFlags flags) => (flags & TcpFlags.Ae) != 0;
}
