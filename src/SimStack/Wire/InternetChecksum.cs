using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>
/// The Internet checksum (RFC 1071). Sums are kept in the machine's own byte order, which the one's complement sum allows
/// (RFC 1071 §2 B), and swapped once in <see cref="Fold"/>; sums of several parts can be chained or added while all parts but the
/// last have even length.
/// </summary>
public static class InternetChecksum
{
    /// <summary>The checksum field's value over the bytes: the complement of their sum.</summary>
    public static ushort Compute(ReadOnlySpan<byte> data) => Fold(Sum(data));

    /// <summary>Adds the bytes, an odd last one padded with zero, to a sum.</summary>
    /// <param name="data">Up to 1 GB.</param>
    /// <param name="initial">What earlier parts gave.</param>
    public static ulong Sum(ReadOnlySpan<byte> data, ulong initial = 0)
    {
        ref byte start = ref MemoryMarshal.GetReference(data);
        return Run(ref start, ref start, (nuint)data.Length, initial, copy: false);
    }

    /// <summary>Copies the bytes and sums them in the same pass.</summary>
    /// <exception cref="ArgumentException">The destination is shorter than the source.</exception>
    public static ulong SumAndCopy(ReadOnlySpan<byte> source, Span<byte> destination, ulong initial = 0)
    {
        if (destination.Length < source.Length)
        {
            throw new ArgumentException("The destination is shorter than the source.", nameof(destination));
        }

        return Run(
            ref MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(destination), (nuint)source.Length,
            initial, copy: true);
    }

    /// <summary>The checksum field's value for a sum. A sum that includes a correct checksum field gives 0.</summary>
    public static ushort Fold(ulong sum)
    {
        ushort folded = Complement(sum);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    /// <summary>The sum of the pseudo header: RFC 9293 §3.1 for IPv4, RFC 8200 §8.1 for IPv6.</summary>
    /// <param name="source">Source address; its family decides the form.</param>
    /// <param name="destination">Destination address of the same family.</param>
    /// <param name="protocol">The upper protocol.</param>
    /// <param name="length">Length of the upper-layer header and data in bytes.</param>
    public static ulong PseudoHeader(in IpAddress source, in IpAddress destination, IpProtocol protocol, int length)
    {
        // Words of 32 bits turned round as a whole: their halves change places, which a sum does not mind.
        ulong sum = Own((uint)length) + Own((uint)protocol);
        return source.IsV4
            ? sum + Own(source.V4) + Own(destination.V4)
            : sum + Halves(source.High) + Halves(source.Low) + Halves(destination.High) + Halves(destination.Low);

        static ulong Own(uint word) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(word) : word;

        static ulong Halves(ulong value) => Own((uint)value) + Own((uint)(value >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Complement(ulong sum)
    {
        sum = (uint)sum + (sum >> 32);
        sum = (uint)sum + (sum >> 32);
        uint half = (ushort)sum + (uint)(sum >> 16);
        half = (ushort)half + (half >> 16);
        return (ushort)~half;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Run(ref byte source, ref byte destination, nuint length, ulong sum, bool copy)
    {
        nuint at = 0;
        if (Vector512.IsHardwareAccelerated && length >= 128)
        {
            sum += Run512(ref source, ref destination, length, ref at, copy);
        }

        if (Vector.IsHardwareAccelerated && length - at >= 2 * (nuint)Vector<byte>.Count)
        {
            sum += RunVectors(ref source, ref destination, length, ref at, copy);
        }

        return sum + Rest(ref source, ref destination, length, at, copy);
    }

    // Each 64-bit lane adds its word's two halves, so that no carry is lost in any length that a span can have.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Run512(ref byte source, ref byte destination, nuint length, ref nuint at, bool copy)
    {
        Vector512<ulong> low = Vector512<ulong>.Zero, high = low, low2 = low, high2 = low;
        Vector512<ulong> mask = Vector512.Create(0xFFFF_FFFFul);
        nuint i = at;
        for (; length - i >= 128; i += 128)
        {
            Vector512<byte> first = Vector512.LoadUnsafe(ref source, i);
            Vector512<byte> second = Vector512.LoadUnsafe(ref source, i + 64);
            if (copy)
            {
                first.StoreUnsafe(ref destination, i);
                second.StoreUnsafe(ref destination, i + 64);
            }

            low += first.AsUInt64() & mask;
            high += Vector512.ShiftRightLogical(first.AsUInt64(), 32);
            low2 += second.AsUInt64() & mask;
            high2 += Vector512.ShiftRightLogical(second.AsUInt64(), 32);
        }

        at = i;
        return Vector512.Sum((low + low2) + (high + high2));
    }

    // As wide as Vector<T> is on this machine, 16 or 32 bytes; .NET does not make it 64 of its own accord.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong RunVectors(ref byte source, ref byte destination, nuint length, ref nuint at, bool copy)
    {
        Vector<ulong> low = Vector<ulong>.Zero, high = low, low2 = low, high2 = low;
        Vector<ulong> mask = new(0xFFFF_FFFFul);
        nuint width = (nuint)Vector<byte>.Count;
        nuint i = at;
        for (; length - i >= 2 * width; i += 2 * width)
        {
            Vector<byte> first = Vector.LoadUnsafe(ref source, i);
            Vector<byte> second = Vector.LoadUnsafe(ref source, i + width);
            if (copy)
            {
                first.StoreUnsafe(ref destination, i);
                second.StoreUnsafe(ref destination, i + width);
            }

            low += Vector.AsVectorUInt64(first) & mask;
            high += Vector.ShiftRightLogical(Vector.AsVectorUInt64(first), 32);
            low2 += Vector.AsVectorUInt64(second) & mask;
            high2 += Vector.ShiftRightLogical(Vector.AsVectorUInt64(second), 32);
        }

        at = i;
        return Vector.Sum((low + low2) + (high + high2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Rest(ref byte source, ref byte destination, nuint length, nuint at, bool copy)
    {
        ulong sum = 0;
        for (; length - at >= 8; at += 8)
        {
            ulong word = Take<ulong>(ref source, ref destination, at, copy);
            sum += (uint)word + (word >> 32);
        }

        if (length - at >= 4)
        {
            sum += Take<uint>(ref source, ref destination, at, copy);
            at += 4;
        }

        if (length - at >= 2)
        {
            sum += Take<ushort>(ref source, ref destination, at, copy);
            at += 2;
        }

        if (length > at)
        {
            byte last = Take<byte>(ref source, ref destination, at, copy);
            sum += BitConverter.IsLittleEndian ? last : (uint)last << 8;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Take<T>(ref byte source, ref byte destination, nuint at, bool copy)
        where T : unmanaged, IBinaryInteger<T>
    {
        T word = Unsafe.ReadUnaligned<T>(ref Unsafe.Add(ref source, at));
        if (copy)
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, at), word);
        }

        return word;
    }
}
