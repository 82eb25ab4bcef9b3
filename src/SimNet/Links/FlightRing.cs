using SimStack;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// Frames on their way in the order of their arrival, as a ring. When each arrives stands in the ring itself: to learn when the next one does
/// costs no look at a frame that was put aside long ago and is in no cache any more.
/// </summary>
internal struct FlightRing()
{
    // How many turns before its own a frame is asked for: first the object, and with it where the bytes are, then the first of these. Of what
    // follows them the processor sees by itself that it is wanted; asked for all, it would stand still until there is room for so much.
    private const int FramesAhead = 4;
    private const int BytesAhead = 1;
    private const int FirstBytes = 8 * 64;

    private Flight[] _ring = new Flight[16];
    private int _head;

    public int Count { get; private set; }

    /// <summary>When the first one arrives; only while there is one.</summary>
    public readonly Instant FirstDue => _ring[_head].Due;

    public void Enqueue(Frame frame, Instant due)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        ref Flight last = ref _ring[(_head + Count) & (_ring.Length - 1)];
        last.Frame = frame;
        last.Due = due;
        Count++;
    }

    /// <summary>Takes the first one; only while there is one.</summary>
    public Frame Dequeue()
    {
        ref Flight first = ref _ring[_head];
        Frame frame = first.Frame!;
        first.Frame = null;
        _head = (_head + 1) & (_ring.Length - 1);
        if (--Count > FramesAhead)
        {
            CacheHint.Expect(_ring[(_head + FramesAhead) & (_ring.Length - 1)].Frame!);
            CacheHint.Expect(_ring[(_head + BytesAhead) & (_ring.Length - 1)].Frame!, FirstBytes);
        }

        return frame;
    }

    // The length stays a power of two, so that the index is a mask.
    private void Grow()
    {
        Flight[] larger = new Flight[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        }

        _ring = larger;
        _head = 0;
    }

    private struct Flight
    {
        public Frame? Frame;
        public Instant Due;
    }
}
