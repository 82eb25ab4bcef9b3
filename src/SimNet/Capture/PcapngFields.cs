using System.Buffers.Binary;

namespace SimNet.Capture;

/// <summary>One pcapng block's body, read from front to back in the section's byte order; a missing field is an error.</summary>
internal ref struct PcapngFields(ReadOnlySpan<byte> body, long offset, bool bigEndian, CaptureInput input)
{
    private readonly ReadOnlySpan<byte> _body = body;
    private readonly long _offset = offset;
    private readonly bool _bigEndian = bigEndian;
    private readonly CaptureInput _input = input;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public readonly int Left => _body.Length - Position;

    /// <summary>The next field's distance from the beginning of the file.</summary>
    public readonly long Offset => _offset + Position;

    public ushort UInt16()
    {
        ReadOnlySpan<byte> field = Bytes(2);
        return _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(field) : BinaryPrimitives.ReadUInt16LittleEndian(field);
    }

    public uint UInt32()
    {
        ReadOnlySpan<byte> field = Bytes(4);
        return _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(field) : BinaryPrimitives.ReadUInt32LittleEndian(field);
    }

    public ulong UInt64()
    {
        ReadOnlySpan<byte> field = Bytes(8);
        return _bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(field) : BinaryPrimitives.ReadUInt64LittleEndian(field);
    }

    /// <summary>A timestamp is two words with the high one first, in either byte order.</summary>
    public ulong Timestamp()
    {
        ulong high = UInt32();
        return (high << 32) | UInt32();
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length > Left)
        {
            throw _input.Wrong(Offset, $"a field of {length} bytes, but the block has only {Left} left");
        }

        ReadOnlySpan<byte> field = _body.Slice(Position, length);
        Position += length;
        return field;
    }

    /// <summary>Bytes and their padding to 32 bits; padding missing at the block's end is forgiven.</summary>
    public ReadOnlySpan<byte> PaddedBytes(int length)
    {
        ReadOnlySpan<byte> field = Bytes(length);
        Position += Math.Min(PcapngFormat.Padded(length) - length, Left);
        return field;
    }

    /// <summary>The next option; false at the end of the options or of the block.</summary>
    public bool TryOption(out ushort code, out PcapngFields value)
    {
        value = default;
        code = PcapngFormat.EndOfOptions;
        if (Left < 4)
        {
            return false;
        }

        code = UInt16();
        int length = UInt16();
        if (code == PcapngFormat.EndOfOptions)
        {
            return false;
        }

        long valueAt = Offset;
        value = new(PaddedBytes(length), valueAt, _bigEndian, _input);
        return true;
    }

    /// <summary>The rest as text; invalid UTF-8 shows as replacement characters.</summary>
    public string Text() => System.Text.Encoding.UTF8.GetString(Bytes(Left));
}
