using System.Buffers.Binary;

namespace SimNet.Tests.Capture;

/// <summary>Builds pcapng blocks by hand in either byte order, independently of the writer under test.</summary>
internal sealed class BlockBytes(bool bigEndian)
{
    private readonly List<byte> _file = [];

    public byte[] ToArray() => [.. _file];

    public BlockBytes Section() =>
        Block(0x0A0D0D0A, [.. U32(0x1A2B3C4D), .. U16(1), .. U16(0), .. U32(uint.MaxValue), .. U32(uint.MaxValue)]);

    public BlockBytes Interface(int linkType, uint snapLength, params byte[][] options) =>
        Block(1, [.. U16(linkType), .. U16(0), .. U32(snapLength), .. options.SelectMany(o => o)]);

    public BlockBytes Enhanced(uint interfaceId, ulong units, byte[] data, uint original, params byte[][] options) =>
        Block(6, [.. U32(interfaceId), .. U32((uint)(units >> 32)), .. U32((uint)units), .. U32((uint)data.Length), .. U32(original),
            .. Pad(data), .. options.SelectMany(o => o)]);

    public BlockBytes Simple(byte[] data, uint original) => Block(3, [.. U32(original), .. Pad(data)]);

    public BlockBytes Obsolete(int interfaceId, ulong units, byte[] data, params byte[][] options) =>
        Block(2, [.. U16(interfaceId), .. U16(3), .. U32((uint)(units >> 32)), .. U32((uint)units), .. U32((uint)data.Length),
            .. U32((uint)data.Length), .. Pad(data), .. options.SelectMany(o => o)]);

    public BlockBytes Block(uint type, byte[] body)
    {
        byte[] padded = Pad(body);
        _file.AddRange([.. U32(type), .. U32((uint)padded.Length + 12), .. padded, .. U32((uint)padded.Length + 12)]);
        return this;
    }

    public BlockBytes Raw(params byte[] bytes)
    {
        _file.AddRange(bytes);
        return this;
    }

    public byte[] Option(int code, params byte[] value) => [.. U16(code), .. U16(value.Length), .. Pad(value)];

    public byte[] U16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        if (bigEndian)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }

    public byte[] U32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        return bytes;
    }

    public byte[] U64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, bigEndian ? BinaryPrimitives.ReverseEndianness(value) : value);
        return bytes;
    }

    private static byte[] Pad(byte[] bytes) => [.. bytes, .. new byte[(4 - (bytes.Length % 4)) % 4]];
}
