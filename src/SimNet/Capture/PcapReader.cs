using System.Buffers.Binary;

namespace SimNet.Capture;

/// <summary>Reads classic pcap (draft-ietf-opsawg-pcap): either byte order, microseconds or nanoseconds.</summary>
internal sealed class PcapReader : CaptureReader
{
    private readonly bool _bigEndian;
    private readonly bool _nanoseconds;

    public PcapReader(CaptureInput input)
        : base(input)
    {
        ReadOnlySpan<byte> magicBytes = input.Window(4).Span;
        (_bigEndian, _nanoseconds) = BinaryPrimitives.ReadUInt32LittleEndian(magicBytes) switch
        {
            PcapWriter.MicrosecondMagic => (false, false),
            PcapWriter.NanosecondMagic => (false, true),
            0xD4C3_B2A1 => (true, false),
            0x4D3C_B2A1 => (true, true),
            _ => throw input.Wrong(0, NotACapture(magicBytes)),
        };

        if (!input.Ensure(PcapWriter.FileHeaderLength))
        {
            throw input.Wrong(0, $"the file ends after {input.Available} bytes; a pcap header has {PcapWriter.FileHeaderLength}");
        }

        ReadOnlySpan<byte> header = input.Window(PcapWriter.FileHeaderLength).Span;
        ReadOnlySpan<byte> version = header[4..];
        int major = _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(version) : BinaryPrimitives.ReadUInt16LittleEndian(version);
        if (major != 2)
        {
            throw input.Wrong(4, $"pcap version {major} is not known; version 2 would be right");
        }

        // The link type's upper bits tell about a frame check sequence, which frames here do not have to have.
        uint snapLength = UInt32(header[16..]);
        CaptureInterface single = new()
        {
            LinkType = (CaptureLinkType)(UInt32(header[20..]) & 0xFFFF),
            SnapLength = snapLength > int.MaxValue ? int.MaxValue : (int)snapLength,
            TimestampResolution = (byte)(_nanoseconds ? 9 : 6),
        };
        Add(single, 0);
        input.Skip(PcapWriter.FileHeaderLength);
    }

    public override CaptureFormat Format => CaptureFormat.Pcap;

    private protected override bool TryReadNext(out CapturedPacket packet)
    {
        packet = default;
        long at = Input.Offset;
        if (!Input.Ensure(PcapWriter.RecordHeaderLength))
        {
            return Input.Available != 0 && CutOff(at, PcapWriter.RecordHeaderLength, "packet record");
        }

        ReadOnlySpan<byte> header = Input.Window(PcapWriter.RecordHeaderLength).Span;
        uint seconds = UInt32(header);
        uint fraction = UInt32(header[4..]);
        uint captured = UInt32(header[8..]);
        uint original = UInt32(header[12..]);
        if (captured > CaptureWriter.MaxCapturedLength)
        {
            throw Input.Wrong(
                at + 8, $"a packet of {captured} captured bytes; at most {CaptureWriter.MaxCapturedLength} are possible");
        }

        if (original > int.MaxValue)
        {
            throw Input.Wrong(at + 12, $"a packet of {original} bytes on the wire; at most {int.MaxValue} are possible");
        }

        int length = PcapWriter.RecordHeaderLength + (int)captured;
        if (!Input.Ensure(length))
        {
            return CutOff(at, length, "packet record");
        }

        packet = new()
        {
            LinkType = Interfaces[0].LinkType,
            HasTimestamp = true,
            UnixNanoseconds = (seconds * 1_000_000_000L) + (_nanoseconds ? fraction : fraction * 1_000L),
            OriginalLength = (int)original,
            Data = Input.Window(length)[PcapWriter.RecordHeaderLength..],
        };
        return Input.Skip(length);
    }

    private static string NotACapture(ReadOnlySpan<byte> magic)
    {
        string found = $"begins with {Convert.ToHexStringLower(magic)}";
        return magic[0] == 0x1F && magic[1] == 0x8B
            ? $"{found}, a gzip file; unpack it first"
            : $"{found}, no capture; pcapng begins with 0a0d0d0a, pcap with d4c3b2a1, a1b2c3d4, 4d3cb2a1 or a1b23c4d";
    }

    private uint UInt32(ReadOnlySpan<byte> bytes) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
