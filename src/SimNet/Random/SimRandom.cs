using System.Buffers.Binary;
using System.Numerics;
using SimStack;

namespace SimNet.Random;

/// <summary>
/// The simulator's own random numbers: xoshiro256** (Blackman and Vigna, 2018) seeded by SplitMix64, in integer arithmetic only,
/// so that a seed gives the same run on every machine and in every release. Not for secrets; not for several threads at once.
/// </summary>
public sealed class SimRandom
{
    private readonly ulong _seed;
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>A stream from a seed; any value will do.</summary>
    public SimRandom(ulong seed)
    {
        _seed = seed;
        ulong state = seed;
        _s0 = SplitMix64(ref state);
        _s1 = SplitMix64(ref state);
        _s2 = SplitMix64(ref state);
        _s3 = SplitMix64(ref state);
    }

    /// <summary>A stream from a state, for known answers; not all zero.</summary>
    internal SimRandom(ulong s0, ulong s1, ulong s2, ulong s3)
    {
        _s0 = s0;
        _s1 = s1;
        _s2 = s2;
        _s3 = s3;
    }

    /// <summary>
    /// An independent stream for a named part of the simulation. It depends on this stream's seed and the name alone, not on what
    /// has been drawn: a new link or host does not disturb the others. The same name gives the same stream again.
    /// </summary>
    /// <param name="name">Compared character by character, as <c>link/client-server/loss</c>.</param>
    public SimRandom Child(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ulong parent = _seed;
        return new(SplitMix64(ref parent) ^ Hash(name));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>32 random bits; uses up one step as <see cref="NextUInt64()"/> does.</summary>
    public uint NextUInt32() => (uint)(NextUInt64() >> 32);

    /// <summary>A number from 0 to below the limit, all equally likely (Lemire's multiplication with rejection).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is 0.</exception>
    public ulong NextUInt64(ulong exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfZero(exclusiveMax);
        ulong high = Math.BigMul(NextUInt64(), exclusiveMax, out ulong low);
        if (low < exclusiveMax)
        {
            ulong biased = unchecked(0UL - exclusiveMax) % exclusiveMax;
            while (low < biased)
            {
                high = Math.BigMul(NextUInt64(), exclusiveMax, out low);
            }
        }

        return high;
    }

    /// <summary>A number from 0 to below the limit, all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not positive.</exception>
    public int NextInt32(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        return (int)NextUInt64((ulong)exclusiveMax);
    }

    /// <summary>
    /// True with the given probability. Draws exactly one number, or none when the answer is certain; off by less than 10^-19.
    /// </summary>
    public bool Chance(Probability probability)
    {
        if (probability.IsNever || probability.IsAlways)
        {
            return probability.IsAlways;
        }

        return Math.BigMul(NextUInt64(), Probability.One, out _) < (ulong)probability.Parts;
    }

    /// <summary>A duration from zero to the given one, both included, all nanoseconds equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public Duration NextDuration(Duration inclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inclusiveMax.Nanoseconds, nameof(inclusiveMax));
        return new((long)NextUInt64((ulong)inclusiveMax.Nanoseconds + 1));
    }

    /// <summary>Fills with random bytes; uses up one step for each eight or part of eight.</summary>
    public void Fill(Span<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, NextUInt64());
            bytes = bytes[8..];
        }

        if (bytes.Length > 0)
        {
            Span<byte> last = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(last, NextUInt64());
            last[..bytes.Length].CopyTo(bytes);
        }
    }

    /// <summary>One step of SplitMix64 (Steele, Lea and Flood, 2014): neighbouring seeds give unrelated states.</summary>
    internal static ulong SplitMix64(ref ulong state)
    {
        state += 0x9E37_79B9_7F4A_7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>FNV-1a over the UTF-16 code units, then mixed: string.GetHashCode differs from run to run.</summary>
    private static ulong Hash(string name)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char c in name)
        {
            hash = (hash ^ (byte)c) * 0x0000_0100_0000_01B3;
            hash = (hash ^ (byte)(c >> 8)) * 0x0000_0100_0000_01B3;
        }

        return SplitMix64(ref hash);
    }
}
