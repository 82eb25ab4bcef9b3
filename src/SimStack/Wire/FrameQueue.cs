using System.Diagnostics.CodeAnalysis;

namespace SimStack.Wire;

/// <summary>A first-in first-out queue of frames: a ring that allocates only to grow.</summary>
public struct FrameQueue
{
    private Frame?[] _ring;
    private int _head;

    /// <summary>An empty queue.</summary>
    public FrameQueue() => _ring = new Frame?[16];

    public int Count { get; private set; }

    /// <summary>The frame that waits longest; only while there is one.</summary>
    public readonly Frame First => _ring[_head]!;

    public void Enqueue(Frame frame)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[(_head + Count) & (_ring.Length - 1)] = frame;
        Count++;
    }

    /// <summary>Takes the frame that waits longest; only while there is one.</summary>
    public Frame Dequeue()
    {
        Frame frame = _ring[_head]!;
        _ring[_head] = null;
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return frame;
    }

    /// <summary>Takes the frame that waits longest; false when there is none.</summary>
    public bool TryDequeue([NotNullWhen(true)] out Frame? frame)
    {
        frame = Count == 0 ? null : Dequeue();
        return frame is not null;
    }

    // The length stays a power of two, so that the index is a mask.
    private void Grow()
    {
        Frame?[] larger = new Frame?[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        }

        _ring = larger;
        _head = 0;
    }
}
