using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// Tells the processor which memory will be looked at soon. A frame comes back after a round trip, and with a thousand others before it out of
/// the caches; asked for one packet ahead, it is there when its turn comes. A hint changes nothing but the time that things take.
/// </summary>
internal static unsafe class CacheHint
{
    private const int Line = 64;

    // Headers and the beginning of the data; the processor sees by itself how it goes on.
    private const int Lines = 6;

    /// <summary>The frame itself, without its bytes.</summary>
    public static void Expect(Frame frame)
    {
        if (Sse.IsSupported)
        {
            // The reference is not followed by us; should the frame have been moved meanwhile, the hint is a wrong one.
            byte* start = *(byte**)Unsafe.AsPointer(ref frame);
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + Line);
        }
    }

    /// <summary>The first bytes of a frame that <see cref="Expect"/> was called for earlier.</summary>
    public static void ExpectBytes(Frame frame)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(frame.Buffer));
            for (int i = 0; i < Lines; i++)
            {
                Sse.Prefetch0(start + (i * Line));
            }
        }
    }
}
