using System.Buffers.Binary;
using System.Text;
using SimStack.Ip;

namespace SimNet.Capture;

/// <summary>
/// Writes pcapng (draft-ietf-opsawg-pcapng), one little-endian section: interfaces with names, host names, frames with
/// nanosecond timestamps, directions and comments, and interface statistics at the end. Layouts: the draft's §4.
/// </summary>
public sealed class PcapngWriter : CaptureWriter
{
    // Block type and the two lengths, end of options, and the fixed part of the largest block.
    private const int FixedRoom = 64;
    private const byte NanosecondResolution = 9;

    private int[] _snapLengths = new int[4];
    private long[] _lastTimes = new long[4];
    private Statistics?[] _statistics = new Statistics?[4];
    private int _interfaces;

    /// <summary>Begins a file at the stream's position with a section header.</summary>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    public PcapngWriter(Stream stream, PcapngOptions? options = null)
        : base(stream, options?.LeaveOpen ?? false)
    {
        options ??= new();
        int room = PcapngFormat.OptionRoom(options.Comment.Length)
            + options.FurtherComments.Sum(c => PcapngFormat.OptionRoom(c.Length))
            + PcapngFormat.OptionRoom(options.OperatingSystem.Length)
            + PcapngFormat.OptionRoom(options.Application.Length);
        PcapngBlockBuilder block = new(Reserve(FixedRoom + room), PcapngFormat.SectionHeader);
        block.UInt32(PcapngFormat.ByteOrderMagic);
        block.UInt16(1);
        block.UInt16(0);
        block.UInt64(ulong.MaxValue); // section length: not known while streaming
        block.Option(PcapngFormat.Comment, options.Comment);
        foreach (string comment in options.FurtherComments)
        {
            block.Option(PcapngFormat.Comment, comment);
        }

        block.Option(PcapngFormat.SectionOperatingSystem, options.OperatingSystem);
        block.Option(PcapngFormat.SectionApplication, options.Application);
        Commit(block.End());
    }

    /// <summary>Creates or replaces a file.</summary>
    /// <exception cref="CaptureWriteException">The file cannot be created.</exception>
    public static PcapngWriter Create(string path, PcapngOptions? options = null) =>
        new(CreateFile(path), options is null ? null : options with { LeaveOpen = false });

    /// <inheritdoc/>
    public override int AddInterface(CaptureInterface captureInterface)
    {
        ArgumentNullException.ThrowIfNull(captureInterface);
        ArgumentOutOfRangeException.ThrowIfNegative(captureInterface.SnapLength, nameof(captureInterface));
        if ((uint)captureInterface.LinkType > ushort.MaxValue)
        {
            throw new ArgumentOutOfRangeException(
                nameof(captureInterface), captureInterface.LinkType, "A link type of pcapng is a 16-bit number.");
        }

        int id = _interfaces;
        if (id == _snapLengths.Length)
        {
            Array.Resize(ref _snapLengths, id * 2);
            Array.Resize(ref _lastTimes, id * 2);
            Array.Resize(ref _statistics, id * 2);
        }

        int snapLength = captureInterface.SnapLength;
        _snapLengths[id] = snapLength == 0 ? MaxCapturedLength : Math.Min(snapLength, MaxCapturedLength);
        _interfaces++;
        if (!Ignoring)
        {
            WriteInterface(captureInterface);
        }

        return id;
    }

    /// <inheritdoc/>
    public override void AddName(IpAddress address, string name)
    {
        CheckName(name);
        if (Ignoring)
        {
            return;
        }

        Span<byte> record = stackalloc byte[16 + 256];
        int addressLength = address.WriteTo(record);
        int length = addressLength + Encoding.UTF8.GetBytes(name, record[addressLength..]);
        record[length++] = 0;

        PcapngBlockBuilder block = new(Reserve(FixedRoom + record.Length), PcapngFormat.NameResolution);
        block.UInt16(addressLength == 4 ? PcapngFormat.NameIpv4 : PcapngFormat.NameIpv6);
        block.UInt16((ushort)length);
        block.Bytes(record[..length]);
        block.UInt32(PcapngFormat.NameEnd);
        Commit(block.End());
    }

    /// <summary>
    /// Has an interface statistics block written at the end: frames received and dropped at the interface since the capture
    /// began. The last call counts.
    /// </summary>
    /// <param name="interfaceId">A number that <see cref="AddInterface"/> returned.</param>
    /// <param name="received">Frames.</param>
    /// <param name="dropped">Frames.</param>
    /// <param name="endUnixNanoseconds">When the capture ended (<c>isb_endtime</c>), which is not before its last frame; null: not told.</param>
    /// <exception cref="ArgumentOutOfRangeException">Unknown interface or negative number.</exception>
    public void SetStatistics(int interfaceId, long received, long dropped, long? endUnixNanoseconds = null)
    {
        CheckInterface(interfaceId);
        ArgumentOutOfRangeException.ThrowIfNegative(received);
        ArgumentOutOfRangeException.ThrowIfNegative(dropped);
        ArgumentOutOfRangeException.ThrowIfNegative(endUnixNanoseconds ?? 0, nameof(endUnixNanoseconds));
        _statistics[interfaceId] = new(received, dropped, endUnixNanoseconds);
    }

    /// <inheritdoc/>
    public override void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction = CaptureDirection.Unknown,
        ReadOnlySpan<char> comment = default,
        int originalLength = -1)
    {
        if (!Ignoring)
        {
            int room = PcapngFormat.OptionRoom(comment.Length);
            PcapngBlockBuilder block = BeginPacket(interfaceId, unixNanoseconds, frame, originalLength, room);
            block.Option(PcapngFormat.Comment, comment);
            EndPacket(block, direction);
        }
    }

    /// <inheritdoc/>
    public override void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction,
        ReadOnlySpan<byte> utf8Comment,
        int originalLength = -1)
    {
        if (Ignoring)
        {
            return;
        }

        ReadOnlySpan<byte> comment = CutUtf8(utf8Comment);
        PcapngBlockBuilder block = BeginPacket(interfaceId, unixNanoseconds, frame, originalLength, 8 + comment.Length);
        if (comment.Length > 0)
        {
            block.Option(PcapngFormat.Comment, comment);
        }

        EndPacket(block, direction);
    }

    /// <summary>What every name in a capture must be, so that all readers take it.</summary>
    internal static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(name) > 255)
        {
            throw new ArgumentException("A host name has no NUL and at most 255 bytes in UTF-8.", nameof(name));
        }
    }

    private protected override void WriteEnd()
    {
        Span<byte> time = stackalloc byte[8];
        for (int id = 0; id < _interfaces && !Ignoring; id++)
        {
            if (_statistics[id] is { } statistics)
            {
                PcapngBlockBuilder block = new(Reserve(FixedRoom), PcapngFormat.InterfaceStatistics);
                block.UInt32((uint)id);
                block.Timestamp((ulong)(statistics.End ?? _lastTimes[id]));
                if (statistics.End is { } end)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(time, (uint)(end >> 32));
                    BinaryPrimitives.WriteUInt32LittleEndian(time[4..], (uint)end);
                    block.Option(PcapngFormat.StatisticsEnd, time);
                }

                block.Option(PcapngFormat.StatisticsReceived, (ulong)statistics.Received);
                block.Option(PcapngFormat.StatisticsDropped, (ulong)statistics.Dropped);
                Commit(block.End());
            }
        }
    }

    private protected override void Append(Stream stream, ReadOnlySpan<byte> blocks)
    {
        if (IsAppending && stream is FileStream file)
        {
            GuardedWrite.Append(file, blocks);
        }
        else
        {
            base.Append(stream, blocks);
        }
    }

    private protected override long BlockLength(ReadOnlySpan<byte> blocks, long position) =>
        BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]);

    /// <summary>Cuts before a character when UTF-8 is too long for an option.</summary>
    private static ReadOnlySpan<byte> CutUtf8(ReadOnlySpan<byte> text)
    {
        if (text.Length <= PcapngFormat.MaxOptionLength)
        {
            return text;
        }

        int length = PcapngFormat.MaxOptionLength;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return text[..length];
    }

    private void WriteInterface(CaptureInterface captureInterface)
    {
        int room = PcapngFormat.OptionRoom(captureInterface.Name.Length)
            + PcapngFormat.OptionRoom(captureInterface.Description.Length);
        PcapngBlockBuilder block = new(Reserve(FixedRoom + room), PcapngFormat.InterfaceDescription);
        block.UInt16((ushort)captureInterface.LinkType);
        block.UInt16(0);
        block.UInt32((uint)captureInterface.SnapLength);
        block.Option(PcapngFormat.InterfaceName, captureInterface.Name);
        block.Option(PcapngFormat.InterfaceText, captureInterface.Description);
        block.Option(PcapngFormat.InterfaceResolution, [NanosecondResolution]);
        Commit(block.End());
    }

    private PcapngBlockBuilder BeginPacket(
        int interfaceId, long unixNanoseconds, ReadOnlySpan<byte> frame, int originalLength, int commentRoom)
    {
        CheckInterface(interfaceId);
        ArgumentOutOfRangeException.ThrowIfNegative(unixNanoseconds);
        int original = originalLength < 0 ? frame.Length : originalLength;
        ArgumentOutOfRangeException.ThrowIfLessThan(original, frame.Length, nameof(originalLength));
        int captured = Math.Min(frame.Length, _snapLengths[interfaceId]);

        PcapngBlockBuilder block = new(Reserve(FixedRoom + captured + commentRoom), PcapngFormat.EnhancedPacket);
        block.UInt32((uint)interfaceId);
        block.Timestamp((ulong)unixNanoseconds);
        block.UInt32((uint)captured);
        block.UInt32((uint)original);
        block.Bytes(frame[..captured]);
        _lastTimes[interfaceId] = unixNanoseconds;
        return block;
    }

    private void EndPacket(PcapngBlockBuilder block, CaptureDirection direction)
    {
        if (direction != CaptureDirection.Unknown)
        {
            block.Option(PcapngFormat.PacketFlags, (uint)direction);
        }

        Commit(block.End());
        PacketCount++;
    }

    private void CheckInterface(int interfaceId)
    {
        if ((uint)interfaceId >= (uint)_interfaces)
        {
            throw new ArgumentOutOfRangeException(
                nameof(interfaceId), interfaceId, $"This capture has {_interfaces} interfaces; add them first.");
        }
    }

    private readonly record struct Statistics(long Received, long Dropped, long? End);
}
