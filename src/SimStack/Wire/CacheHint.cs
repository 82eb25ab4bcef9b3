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

    /// <summary>The first bytes of a frame. Its length is not held against that of the buffer: that would be a look at what is in no cache yet.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="count">So many bytes, if the frame has them.</param>
    public static void Expect(Frame frame, int count)
    {
        if (Sse.IsSupported)
        {
            // From where the array begins: whoever reads it looks at its length first.
            byte[] buffer = frame.Buffer;
            byte* start = *(byte**)Unsafe.AsPointer(ref buffer);
            int end = Math.Min(frame.Length + Line, count);
            for (int i = 0; i < end; i += Line)
            {
                Sse.Prefetch0(start + i);
            }
        }
    }

    /// <summary>What lies there, and behind it: three lines.</summary>
    public static void Expect<T>(ref T place)
        where T : unmanaged
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref place);
            Sse.Prefetch0(start);
            Sse.Prefetch0(start + Line);
            Sse.Prefetch0(start + (2 * Line));
        }
    }

    /// <summary>Bytes; not more than a few lines at once, since the processor stands still when it is asked for too many.</summary>
    public static void Expect(ReadOnlySpan<byte> bytes)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
            for (int i = 0; i < bytes.Length; i += Line)
            {
                Sse.Prefetch0(start + i);
            }
        }
    }
}
