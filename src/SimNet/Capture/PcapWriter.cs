using System.Buffers.Binary;
using SimStack.Ip;

namespace SimNet.Capture;

/// <summary>
/// Writes classic pcap (draft-ietf-opsawg-pcap), little-endian, version 2.4. The format keeps no interfaces, names, directions
/// or comments: frames of all interfaces go into the one sequence, the rest is dropped.
/// </summary>
public sealed class PcapWriter : CaptureWriter
{
    internal const uint MicrosecondMagic = 0xA1B2_C3D4;
    internal const uint NanosecondMagic = 0xA1B2_3C4D;
    internal const int FileHeaderLength = 24;
    internal const int RecordHeaderLength = 16;
    private const long LastSecond = uint.MaxValue;

    private readonly PcapOptions _options;
    private int _interfaces;

    /// <summary>Begins a file at the stream's position.</summary>
    /// <exception cref="ArgumentException">The stream cannot be written, or an option is out of its range.</exception>
    public PcapWriter(Stream stream, PcapOptions? options = null)
        : base(stream, options?.LeaveOpen ?? false)
    {
        _options = options ?? new();
        if (_options.SnapLength is < 1 or > MaxCapturedLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), _options.SnapLength, $"The snap length is 1 to {MaxCapturedLength} bytes.");
        }

        Span<byte> header = Reserve(FileHeaderLength);
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, _options.Nanoseconds ? NanosecondMagic : MicrosecondMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], _options.SnapLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], (int)_options.LinkType);
        Commit(FileHeaderLength);
    }

    /// <summary>Creates or replaces a file.</summary>
    /// <exception cref="CaptureWriteException">The file cannot be created.</exception>
    public static PcapWriter Create(string path, PcapOptions? options = null) =>
        new(CreateFile(path), options is null ? null : options with { LeaveOpen = false });

    /// <inheritdoc/>
    public override int AddInterface(CaptureInterface captureInterface)
    {
        ArgumentNullException.ThrowIfNull(captureInterface);
        if (captureInterface.LinkType != _options.LinkType)
        {
            throw new ArgumentException(
                $"This pcap file holds {_options.LinkType} frames only, the interface's are {captureInterface.LinkType}; use pcapng.",
                nameof(captureInterface));
        }

        return _interfaces++;
    }

    /// <inheritdoc/>
    public override void AddName(IpAddress address, string name) => PcapngWriter.CheckName(name);

    /// <inheritdoc/>
    public override void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction = CaptureDirection.Unknown,
        ReadOnlySpan<char> comment = default,
        int originalLength = -1)
    {
        if (Ignoring)
        {
            return;
        }

        // An interface need not be declared: the file has only the one.
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceId);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interfaceId, Math.Max(0, _interfaces - 1));
        ArgumentOutOfRangeException.ThrowIfNegative(unixNanoseconds);
        long seconds = unixNanoseconds / 1_000_000_000;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(seconds, LastSecond, nameof(unixNanoseconds));
        int fraction = (int)(unixNanoseconds - (seconds * 1_000_000_000));
        int original = originalLength < 0 ? frame.Length : originalLength;
        ArgumentOutOfRangeException.ThrowIfLessThan(original, frame.Length, nameof(originalLength));

        int captured = Math.Min(frame.Length, _options.SnapLength);
        Span<byte> record = Reserve(RecordHeaderLength + captured);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)seconds);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], _options.Nanoseconds ? fraction : fraction / 1_000);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], captured);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], original);
        frame[..captured].CopyTo(record[RecordHeaderLength..]);
        Commit(record.Length);
        PacketCount++;
    }

    /// <inheritdoc/>
    public override void Write(
        int interfaceId,
        long unixNanoseconds,
        ReadOnlySpan<byte> frame,
        CaptureDirection direction,
        ReadOnlySpan<byte> utf8Comment,
        int originalLength = -1) =>
        Write(interfaceId, unixNanoseconds, frame, direction, ReadOnlySpan<char>.Empty, originalLength);

    private protected override void WriteEnd()
    {
        // The format has no trailer.
    }

    private protected override long BlockLength(ReadOnlySpan<byte> blocks, long position) =>
        position == 0 ? FileHeaderLength : RecordHeaderLength + (long)BinaryPrimitives.ReadUInt32LittleEndian(blocks[8..]);
}
