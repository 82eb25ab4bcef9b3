using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Scenarios.Bench;

/// <summary>
/// A fast 64-bit hash of a byte stream, the same however the stream is cut: enough to notice a byte lost, doubled, altered or
/// moved.
/// </summary>
internal sealed class StreamHash
{
    private const int BlockLength = 128;
    private readonly byte[] _partial = new byte[BlockLength];
    private Vector256<uint> _a = Vector256.Create(
        0x9E37_79B1u, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1, 0xD3A2_646C, 0xFD70_46C5, 0xB55A_4F09);
    private Vector256<uint> _b = Vector256.Create(
        0x2545_F491u, 0x4F6C_DD1D, 0xD6E8_FEB8, 0x6659_FD93, 0x94D0_49BB, 0x1331_11EB, 0xBF58_476D, 0x1CE4_E5B9);
    private Vector256<uint> _c = Vector256.Create(
        0x1B87_3593u, 0xCC9E_2D51, 0xE654_6B64, 0x38B3_4AE5, 0xA1E3_8B93, 0x7F4A_7C15, 0x5851_F42D, 0x4C95_7F2D);
    private Vector256<uint> _d = Vector256.Create(
        0x6C07_8965u, 0x9908_B0DF, 0x9D2C_5680, 0xEFC6_0000, 0x0019_660D, 0x3C6E_F35F, 0x41C6_4E6D, 0x0000_3039);
    private int _held;
    private long _length;

    public void Append(ReadOnlySpan<byte> data)
    {
        _length += data.Length;
        if (_held > 0)
        {
            int count = Math.Min(BlockLength - _held, data.Length);
            data[..count].CopyTo(_partial.AsSpan(_held));
            _held += count;
            data = data[count..];
            if (_held < BlockLength)
            {
                return;
            }

            Mix(_partial);
            _held = 0;
        }

        int whole = data.Length & ~(BlockLength - 1);
        Mix(data[..whole]);
        data[whole..].CopyTo(_partial);
        _held = data.Length - whole;
    }

    /// <summary>The hash of everything appended so far.</summary>
    public ulong Finish()
    {
        _partial.AsSpan(_held).Clear();
        Mix(_partial);
        ulong hash = (ulong)_length * 0x9E37_79B9_7F4A_7C15;
        Span<byte> lanes = stackalloc byte[BlockLength];
        _a.AsByte().CopyTo(lanes);
        _b.AsByte().CopyTo(lanes[32..]);
        _c.AsByte().CopyTo(lanes[64..]);
        _d.AsByte().CopyTo(lanes[96..]);
        for (int i = 0; i < lanes.Length; i += 8)
        {
            ulong lane = BinaryPrimitives.ReadUInt64LittleEndian(lanes[i..]);
            hash = (BitOperations.RotateLeft(hash, 29) ^ lane) * 0xD6E8_FEB8_6659_FD93;
        }

        return hash ^ (hash >> 32);
    }

    private void Mix(ReadOnlySpan<byte> blocks)
    {
        Vector256<uint> prime = Vector256.Create(0x9E37_79B1u);
        ReadOnlySpan<Vector256<uint>> words = MemoryMarshal.Cast<byte, Vector256<uint>>(blocks);
        Vector256<uint> a = _a, b = _b, c = _c, d = _d;
        for (int i = 0; i + 3 < words.Length; i += 4)
        {
            a = ((a ^ words[i]) * prime) + Vector256.ShiftRightLogical(a, 15);
            b = ((b ^ words[i + 1]) * prime) + Vector256.ShiftRightLogical(b, 15);
            c = ((c ^ words[i + 2]) * prime) + Vector256.ShiftRightLogical(c, 15);
            d = ((d ^ words[i + 3]) * prime) + Vector256.ShiftRightLogical(d, 15);
        }

        (_a, _b, _c, _d) = (a, b, c, d);
    }
}
