using System.Buffers.Binary;
using System.Text;
using SimStack.Ip;

namespace SimNet.Capture;

/// <summary>
/// Reads pcapng (draft-ietf-opsawg-pcapng §4): several sections, either byte order, several interfaces with units of their
/// own; enhanced, simple and obsolete packet blocks; name resolution. Other blocks are passed over by their length.
/// </summary>
internal sealed class PcapngReader : CaptureReader
{
    // As in Wireshark: a block that has to be looked into is not larger.
    private const int MostBlockBytes = 16 * 1024 * 1024;
    private const int SmallestBlock = 12;
    private readonly List<PcapngTimestamp> _clocks = [];
    private bool _bigEndian;
    private int _sectionStart;

    public PcapngReader(CaptureInput input)
        : base(input)
    {
        if (!input.Ensure(SmallestBlock))
        {
            throw input.Wrong(0, $"the file ends after {input.Available} bytes; a pcapng section header has at least 28");
        }

        uint length = ReadBlockHead(out _);
        if (!input.Ensure((int)Math.Min(length, MostBlockBytes)))
        {
            throw input.Wrong(0, $"the file ends after {input.Available} bytes, within its section header of {length}");
        }

        TryReadBlock(out _, out _);
    }

    public override CaptureFormat Format => CaptureFormat.Pcapng;

    public static bool Recognises(ReadOnlySpan<byte> start) =>
        BinaryPrimitives.ReadUInt32LittleEndian(start) == PcapngFormat.SectionHeader;

    private protected override bool TryReadNext(out CapturedPacket packet)
    {
        bool isPacket;
        do
        {
            if (!TryReadBlock(out packet, out isPacket))
            {
                return false;
            }
        }
        while (!isPacket);

        return true;
    }

    /// <summary>Reads or passes over one block; false at the end of the file.</summary>
    private bool TryReadBlock(out CapturedPacket packet, out bool isPacket)
    {
        packet = default;
        isPacket = false;
        long at = Input.Offset;
        if (!Input.Ensure(SmallestBlock))
        {
            return Input.Available != 0 && CutOff(at, SmallestBlock, "block");
        }

        uint length = ReadBlockHead(out uint type);
        if (type != PcapngFormat.SectionHeader && !IsLookedInto(type))
        {
            return Input.Skip(length) || CutOff(at, length, "block");
        }

        if (length > MostBlockBytes)
        {
            throw Input.Wrong(at + 4, $"a block of {length} bytes; at most {MostBlockBytes} are possible for its type");
        }

        if (!Input.Ensure((int)length))
        {
            return CutOff(at, length, "block");
        }

        ReadOnlyMemory<byte> block = Input.Window((int)length);
        uint trailer = UInt32(block.Span[^4..]);
        if (trailer != length)
        {
            throw Input.Wrong(
                at + length - 4, $"the block's length is repeated as {trailer}; {length}, as at byte {at + 4}, would be right");
        }

        isPacket = ReadBody(type, block[8..^4], at + 8, out packet);
        return Input.Skip(length);
    }

    /// <summary>Type and length of the block at the window's start; a section header also decides the byte order.</summary>
    private uint ReadBlockHead(out uint type)
    {
        ReadOnlySpan<byte> head = Input.Window(SmallestBlock).Span;
        long at = Input.Offset;
        if (Recognises(head))
        {
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            _bigEndian = magic == BinaryPrimitives.ReverseEndianness(PcapngFormat.ByteOrderMagic);
            if (!_bigEndian && magic != PcapngFormat.ByteOrderMagic)
            {
                throw Input.Wrong(
                    at + 8, $"byte-order magic {Convert.ToHexStringLower(head[8..12])}; 1a2b3c4d or 4d3c2b1a would be right");
            }
        }

        type = UInt32(head);
        uint length = UInt32(head[4..]);
        if (length < SmallestBlock || length % 4 != 0)
        {
            throw Input.Wrong(at + 4, $"a block length of {length}; a multiple of 4, at least {SmallestBlock}, would be right");
        }

        return length;
    }

    private static bool IsLookedInto(uint type) => type
        is PcapngFormat.InterfaceDescription
        or PcapngFormat.EnhancedPacket
        or PcapngFormat.SimplePacket
        or PcapngFormat.ObsoletePacket
        or PcapngFormat.NameResolution
        or PcapngFormat.InterfaceStatistics;

    private bool ReadBody(uint type, ReadOnlyMemory<byte> body, long offset, out CapturedPacket packet)
    {
        PcapngFields fields = new(body.Span, offset, _bigEndian, Input);
        packet = default;
        switch (type)
        {
            case PcapngFormat.SectionHeader:
                ReadSection(ref fields);
                return false;
            case PcapngFormat.InterfaceDescription:
                ReadInterface(ref fields);
                return false;
            case PcapngFormat.NameResolution:
                ReadNames(ref fields);
                return false;
            case PcapngFormat.InterfaceStatistics:
                ReadStatistics(ref fields);
                return false;
            case PcapngFormat.EnhancedPacket:
                packet = ReadPacket(ref fields, body, (int)Math.Min(fields.UInt32(), int.MaxValue));
                return true;
            case PcapngFormat.ObsoletePacket:
                int interfaceId = fields.UInt16();
                fields.UInt16(); // drops count
                packet = ReadPacket(ref fields, body, interfaceId);
                return true;
            default:
                packet = ReadSimplePacket(ref fields, body);
                return true;
        }
    }

    private void ReadSection(ref PcapngFields fields)
    {
        fields.UInt32(); // byte-order magic
        long at = fields.Offset;
        int major = fields.UInt16();
        if (major != 1)
        {
            throw Input.Wrong(at, $"pcapng version {major} is not known; version 1 would be right");
        }

        fields.UInt16(); // minor version
        fields.UInt64(); // section length: blocks have their own
        _sectionStart = Interfaces.Count;
        while (fields.TryOption(out ushort code, out PcapngFields value))
        {
            if (code == PcapngFormat.Comment)
            {
                AddFileComment(value.Text());
            }
            else if (code == PcapngFormat.SectionApplication)
            {
                Application ??= value.Text();
            }
        }
    }

    private void ReadInterface(ref PcapngFields fields)
    {
        long at = fields.Offset;
        CaptureLinkType linkType = (CaptureLinkType)fields.UInt16();
        fields.UInt16(); // reserved
        uint snapLength = fields.UInt32();
        string name = "";
        string description = "";
        byte resolution = PcapngTimestamp.DefaultResolution;
        long offsetSeconds = 0;
        while (fields.TryOption(out ushort code, out PcapngFields value))
        {
            switch (code)
            {
                case PcapngFormat.InterfaceName:
                    name = value.Text();
                    break;
                case PcapngFormat.InterfaceText:
                    description = value.Text();
                    break;
                case PcapngFormat.InterfaceResolution:
                    long valueAt = value.Offset;
                    resolution = value.Bytes(1)[0];
                    if (!PcapngTimestamp.IsPossible(resolution))
                    {
                        throw Input.Wrong(
                            valueAt, $"a timestamp unit of {resolution} (if_tsresol); 9, for nanoseconds, would be usual");
                    }

                    break;
                case PcapngFormat.InterfaceOffset:
                    offsetSeconds = (long)value.UInt64();
                    break;
            }
        }

        CaptureInterface captureInterface = new()
        {
            Name = name,
            Description = description,
            LinkType = linkType,
            SnapLength = snapLength > int.MaxValue ? int.MaxValue : (int)snapLength,
            TimestampResolution = resolution,
            TimestampOffsetSeconds = offsetSeconds,
        };
        Add(captureInterface, at);
        _clocks.Add(new(resolution, offsetSeconds));
    }

    /// <summary>Only the end of the capture is of interest. Numbers that make no sense are no reason to refuse the packets of the file.</summary>
    private void ReadStatistics(ref PcapngFields fields)
    {
        if (fields.Left < 12)
        {
            return;
        }

        uint id = fields.UInt32();
        fields.Timestamp(); // of the statistics
        while (fields.TryOption(out ushort code, out PcapngFields value))
        {
            if (code == PcapngFormat.StatisticsEnd && value.Left == 8 && id < Interfaces.Count - _sectionStart
                && _clocks[_sectionStart + (int)id].TryToUnixNanoseconds(value.Timestamp(), out long end))
            {
                EndUnixNanoseconds = Math.Max(EndUnixNanoseconds ?? end, end);
            }
        }
    }

    private void ReadNames(ref PcapngFields fields)
    {
        while (fields.Left >= 4)
        {
            long at = fields.Offset;
            int type = fields.UInt16();
            int length = fields.UInt16();
            if (type == PcapngFormat.NameEnd)
            {
                return;
            }

            ReadOnlySpan<byte> record = fields.PaddedBytes(length);
            int addressLength = type switch { PcapngFormat.NameIpv4 => 4, PcapngFormat.NameIpv6 => 16, _ => 0 };
            if (addressLength == 0)
            {
                continue;
            }

            if (length <= addressLength)
            {
                throw Input.Wrong(
                    at + 2, $"a name record of {length} bytes; an address of {addressLength} and a name would be right");
            }

            AddNames(IpAddress.FromBytes(record[..addressLength]), record[addressLength..], at);
        }
    }

    /// <summary>One address may have several names, each ended by a NUL.</summary>
    private void AddNames(IpAddress address, ReadOnlySpan<byte> names, long offset)
    {
        while (names.Length > 0)
        {
            int end = names.IndexOf((byte)0);
            ReadOnlySpan<byte> name = end < 0 ? names : names[..end];
            if (name.Length > 0)
            {
                Add(new CaptureName(address, Encoding.UTF8.GetString(name)), offset);
            }

            names = end < 0 ? default : names[(end + 1)..];
        }
    }

    /// <summary>The part that enhanced and obsolete packet blocks have in common, from the timestamp on.</summary>
    private CapturedPacket ReadPacket(ref PcapngFields fields, ReadOnlyMemory<byte> body, int interfaceId)
    {
        int id = GlobalInterface(interfaceId, fields.Offset - fields.Position);
        long timeAt = fields.Offset;
        ulong units = fields.Timestamp();
        if (!_clocks[id].TryToUnixNanoseconds(units, out long nanoseconds))
        {
            throw Input.Wrong(timeAt, $"a timestamp of {units} units; one between the years 1677 and 2262 would be right");
        }

        int captured = Length(ref fields, CaptureWriter.MaxCapturedLength, "captured bytes");
        int original = Length(ref fields, int.MaxValue, "bytes on the wire");
        int dataAt = fields.Position;
        fields.PaddedBytes(captured);

        uint flags = 0;
        StringBuilder? comments = null;
        while (fields.TryOption(out ushort code, out PcapngFields value))
        {
            if (code == PcapngFormat.Comment)
            {
                comments = comments is null ? new() : comments.Append('\n');
                comments.Append(value.Text());
            }
            else if (code == PcapngFormat.PacketFlags)
            {
                flags = value.UInt32();
            }
        }

        return new()
        {
            InterfaceId = id,
            LinkType = Interfaces[id].LinkType,
            HasTimestamp = true,
            UnixNanoseconds = nanoseconds,
            OriginalLength = original,
            Data = body.Slice(dataAt, captured),
            Comment = comments?.ToString(),
            Flags = flags,
        };
    }

    /// <summary>A simple packet is of the section's first interface and cut to that one's snap length.</summary>
    private CapturedPacket ReadSimplePacket(ref PcapngFields fields, ReadOnlyMemory<byte> body)
    {
        int id = GlobalInterface(0, fields.Offset);
        int original = Length(ref fields, int.MaxValue, "bytes on the wire");
        int snapLength = Interfaces[id].SnapLength;
        int captured = Math.Min(original, snapLength == 0 ? int.MaxValue : snapLength);
        if (captured > fields.Left || captured > CaptureWriter.MaxCapturedLength)
        {
            throw Input.Wrong(fields.Offset, $"a packet of {captured} captured bytes, but the block has only {fields.Left} left");
        }

        return new()
        {
            InterfaceId = id,
            LinkType = Interfaces[id].LinkType,
            OriginalLength = original,
            Data = body.Slice(fields.Position, captured),
        };
    }

    private int GlobalInterface(int interfaceId, long offset)
    {
        int known = Interfaces.Count - _sectionStart;
        return interfaceId < known
            ? _sectionStart + interfaceId
            : throw Input.Wrong(offset, $"a packet of interface {interfaceId}, but the section has described only {known} so far");
    }

    private int Length(ref PcapngFields fields, int most, string what)
    {
        long at = fields.Offset;
        uint length = fields.UInt32();
        return length <= (uint)most
            ? (int)length
            : throw Input.Wrong(at, $"a packet of {length} {what}; at most {most} are possible");
    }

    private uint UInt32(ReadOnlySpan<byte> bytes) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
