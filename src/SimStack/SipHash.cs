using System.Numerics;
using System.Runtime.CompilerServices;

namespace SimStack;

/// <summary>
/// SipHash-2-4 of a few 64-bit words (Aumasson and Bernstein, 2012): the keyed function for ISNs, ports and hash tables.
/// </summary>
internal readonly struct SipHash(ulong key0, ulong key1)
{
    public ulong Compute(ulong a) => Finish(Start().Absorb(a), 8);

    public ulong Compute(ulong a, ulong b) => Finish(Start().Absorb(a).Absorb(b), 16);

    public ulong Compute(ulong a, ulong b, ulong c, ulong d) => Finish(Start().Absorb(a).Absorb(b).Absorb(c).Absorb(d), 32);

    public ulong Compute(ulong a, ulong b, ulong c, ulong d, ulong e) =>
        Finish(Start().Absorb(a).Absorb(b).Absorb(c).Absorb(d).Absorb(e), 40);

    private State Start() => new()
    {
        V0 = key0 ^ 0x736f6d6570736575,
        V1 = key1 ^ 0x646f72616e646f6d,
        V2 = key0 ^ 0x6c7967656e657261,
        V3 = key1 ^ 0x7465646279746573,
    };

    private static ulong Finish(State state, ulong length)
    {
        state = state.Absorb(length << 56);
        state.V2 ^= 0xFF;
        for (int i = 0; i < 4; i++)
        {
            state.Round();
        }

        return state.V0 ^ state.V1 ^ state.V2 ^ state.V3;
    }

    private struct State
    {
        public ulong V0, V1, V2, V3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public State Absorb(ulong word)
        {
            V3 ^= word;
            Round();
            Round();
            V0 ^= word;
            return this;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Round()
        {
            V0 += V1;
            V1 = BitOperations.RotateLeft(V1, 13) ^ V0;
            V0 = BitOperations.RotateLeft(V0, 32);
            V2 += V3;
            V3 = BitOperations.RotateLeft(V3, 16) ^ V2;
            V0 += V3;
            V3 = BitOperations.RotateLeft(V3, 21) ^ V0;
            V2 += V1;
            V1 = BitOperations.RotateLeft(V1, 17) ^ V2;
            V2 = BitOperations.RotateLeft(V2, 32);
        }
    }
}
