using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SimNet.Bridge.Native;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Frames that were one packet of a host's TCP (docs/adr/0008), gathered to be handed to a device as that packet again, without a copy. Only those
/// that follow one another and have the same headers come together, whatever the host said.
/// </summary>
internal sealed unsafe class SegmentGroup : IDisposable
{
    private const int Most = 64;
    private const TcpFlags Ending = TcpFlags.Psh | TcpFlags.Fin;
    private const TcpFlags Alone = TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Urg | TcpFlags.Cwr;
    private readonly Frame[] _frames = new Frame[Most];
    private readonly PinnedGCHandle<byte[]>[] _pins = new PinnedGCHandle<byte[]>[Most];
    private readonly Libc.IoVector* _vectors = (Libc.IoVector*)NativeMemory.AllocZeroed(Most + 1, (nuint)sizeof(Libc.IoVector));
    private readonly VirtioHeader* _header = (VirtioHeader*)NativeMemory.AllocZeroed((nuint)sizeof(VirtioHeader));
    private TcpFrameLayout _layout;
    private int _length;
    private uint _next;
    private bool _isOver;

    public SegmentGroup()
    {
        for (int i = 0; i < Most; i++)
        {
            _pins[i] = new PinnedGCHandle<byte[]>([]);
        }

        _vectors[0] = new Libc.IoVector { Start = _header, Length = VirtioHeader.Length };
    }

    /// <summary>Frames in it.</summary>
    public int Count { get; private set; }

    /// <summary>The frames, which belong to the caller again after <see cref="Clear"/>.</summary>
    public ReadOnlySpan<Frame> Frames => _frames.AsSpan(0, Count);

    /// <summary>Bytes of the packet as a device gets it, its own header not counted.</summary>
    public int Length => _length;

    /// <summary>Takes a frame, as the first or as one that goes on; false when it does not.</summary>
    public bool TryAdd(Frame frame)
    {
        if (Count > 0 && !GoesOn(frame))
        {
            return false;
        }

        if (Count == 0)
        {
            Begin(frame);
        }

        int payload = Count == 0 ? 0 : _layout.Payload;
        _pins[Count].Target = frame.Buffer;
        _vectors[Count + 1] = new Libc.IoVector
        {
            Start = _pins[Count].GetAddressOfArrayData() + payload,
            Length = (nuint)(frame.Length - payload),
        };
        _length += frame.Length - payload;
        _frames[Count++] = frame;
        return true;
    }

    /// <summary>What writev takes: the device's header, then the packet.</summary>
    /// <param name="count">How many vectors.</param>
    public Libc.IoVector* Finish(out int count)
    {
        count = Count + 1;
        *_header = default;
        if (Count == 1 && _frames[0] is { SegmentSize: > 0 } whole)
        {
            if (TcpFrameLayout.TryParse(whole.Bytes, out _layout))
            {
                WriteHeaders(whole.SegmentSize);
            }
        }
        else if (Count > 1)
        {
            WriteHeaders(_frames[0].Length - _layout.Payload);
        }

        return _vectors;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _frames.AsSpan(0, Count).Clear();
        Count = _length = 0;
    }

    public void Dispose()
    {
        foreach (PinnedGCHandle<byte[]> pin in _pins)
        {
            pin.Dispose();
        }

        NativeMemory.Free(_vectors);
        NativeMemory.Free(_header);
    }

    private void Begin(Frame frame)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        _isOver = !frame.GroupFollows || frame.SegmentSize > 0 || !TcpFrameLayout.TryParse(bytes, out _layout) || bytes.Length == _layout.Payload
            || (TcpFrameLayout.Flags(bytes, _layout.Tcp) & (Alone | Ending)) != 0;
        if (!_isOver)
        {
            _next = unchecked(TcpFrameLayout.Sequence(bytes, _layout.Tcp) + (uint)(bytes.Length - _layout.Payload));
        }
    }

    private bool GoesOn(Frame frame)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        ReadOnlySpan<byte> first = _frames[0].Bytes;
        if (_isOver || Count == Most || frame.SegmentSize > 0 || !TcpFrameLayout.TryParse(bytes, out TcpFrameLayout layout) || !layout.HasHeadersOf(bytes, first, _layout))
        {
            return false;
        }

        int data = bytes.Length - layout.Payload;
        ushort id = layout.Id(first);
        if (data == 0 || bytes.Length > first.Length || _length + data > TcpFrameLayout.Ip + TcpFrameLayout.MaxPacketLength
            || TcpFrameLayout.Sequence(bytes, layout.Tcp) != _next
            || (layout.IsV4 && layout.Id(bytes) != (layout.HasNoId(first) ? id : (ushort)(id + Count))))
        {
            return false;
        }

        _next += (uint)data;
        _isOver = !frame.GroupFollows || bytes.Length < first.Length || (TcpFrameLayout.Flags(bytes, layout.Tcp) & Ending) != 0;
        return true;
    }

    /// <summary>The first frame's headers become the packet's, with what the device needs to cut it again.</summary>
    private void WriteHeaders(int segmentSize)
    {
        Span<byte> first = _frames[0].Bytes;
        int tcp = _layout.Tcp;
        ReadOnlySpan<byte> last = _frames[Count - 1].Bytes;
        TcpFlags flags = TcpFrameLayout.Flags(first, tcp);
        TcpFrameLayout.SetFlags(first, tcp, flags | (TcpFrameLayout.Flags(last, tcp) & Ending));
        _layout.WriteLength(first, _length);
        ushort sum = (ushort)~InternetChecksum.Fold(_layout.SumOfPseudoHeader(first, _length - tcp));
        BinaryPrimitives.WriteUInt16BigEndian(first[(tcp + 16)..], sum);
        _header->Flags = VirtioHeader.NeedsChecksum;
        _header->SegmentationType = _layout.IsV4 ? VirtioHeader.TcpV4 : VirtioHeader.TcpV6;
        _header->HeaderLength = (ushort)_layout.Payload;
        _header->SegmentSize = (ushort)segmentSize;
        _header->ChecksumStart = (ushort)tcp;
        _header->ChecksumOffset = 16;
    }
}
