using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace SimStack.Wire;

/// <summary>
/// Tells the processor which memory will be read soon. A frame comes back after a round trip, and what waits in a send buffer lies there for
/// as long, with megabytes of others' bytes in between: out of the near caches. Asked for one packet ahead, it is there when its turn comes.
/// A hint changes nothing but the time that things take.
/// </summary>
public static unsafe class CacheHint
{
    private const int Line = 64;

    // Of larger ones the processor sees by itself how it goes on.
    private const int MostBytes = 2048;

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

    /// <summary>Bytes, up to the first 2,048.</summary>
    public static void Expect(ReadOnlySpan<byte> bytes)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
            int length = Math.Min(bytes.Length, MostBytes);
            for (int i = 0; i < length; i += Line)
            {
                Sse.Prefetch0(start + i);
            }
        }
    }
}
