using System.Buffers.Binary;
using System.Text.Unicode;

namespace SimNet.Capture;

/// <summary>Builds one block in place: type, total length, body, options, total length again; little-endian.</summary>
internal ref struct PcapngBlockBuilder
{
    private readonly Span<byte> _block;
    private int _at;
    private bool _hasOptions;

    public PcapngBlockBuilder(Span<byte> block, uint type)
    {
        _block = block;
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        _at = 8;
    }

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_block[_at..], value);
        _at += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block[_at..], value);
        _at += 4;
    }

    public void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_block[_at..], value);
        _at += 8;
    }

    /// <summary>A timestamp is two words with the high one first, in either byte order.</summary>
    public void Timestamp(ulong units)
    {
        UInt32((uint)(units >> 32));
        UInt32((uint)units);
    }

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_block[_at..]);
        Pad(bytes.Length);
    }

    public void Option(ushort code, scoped ReadOnlySpan<byte> value)
    {
        BeginOption(code, value.Length);
        Bytes(value);
    }

    public void Option(ushort code, uint value)
    {
        BeginOption(code, 4);
        UInt32(value);
    }

    public void Option(ushort code, ulong value)
    {
        BeginOption(code, 8);
        UInt64(value);
    }

    /// <summary>Text as UTF-8, cut between characters when it is too long for an option; nothing when empty.</summary>
    public void Option(ushort code, scoped ReadOnlySpan<char> text)
    {
        if (text.Length == 0)
        {
            return;
        }

        Span<byte> room = _block[(_at + 4)..];
        Utf8.FromUtf16(text, room[..Math.Min(room.Length, PcapngFormat.MaxOptionLength)], out _, out int written);
        BeginOption(code, written);
        Pad(written);
    }

    /// <summary>Closes the options and the block; returns its total length.</summary>
    public int End()
    {
        if (_hasOptions)
        {
            UInt32(PcapngFormat.EndOfOptions);
        }

        int length = _at + 4;
        UInt32((uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(_block[4..], (uint)length);
        return length;
    }

    private void BeginOption(ushort code, int length)
    {
        _hasOptions = true;
        UInt16(code);
        UInt16((ushort)length);
    }

    private void Pad(int length)
    {
        int padded = PcapngFormat.Padded(length);
        _block[(_at + length)..(_at + padded)].Clear();
        _at += padded;
    }
}
