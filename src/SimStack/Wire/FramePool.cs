namespace SimStack.Wire;

/// <summary>
/// Frames for one simulation, reused without allocation. Not for use by several threads. Three sizes are kept: up to 256 bytes
/// (acknowledgements), up to 1,600 (what fits Ethernet), and up to 65,600 (jumbo and loopback).
/// </summary>
public sealed class FramePool
{
    // A frame that was just given back is in the near caches, and the next that is handed out. If those with data went out as
    // acknowledgements, they would come back cold; and the less memory is in use, the more of it the caches and their tables hold.
    private const int ShortCapacity = 256;
    private const int SmallCapacity = 1600;
    private const int LargeCapacity = 65_600;
    private Frame? _short;
    private Frame? _small;
    private Frame? _large;
    private long _handedOut;

    /// <summary>Frames handed out and not given back: what is in flight or queued. 0 at the end shows that none leaked.</summary>
    public long Outstanding { get; private set; }

    /// <summary>A frame of that length with unspecified content.</summary>
    /// <param name="length">0 to 65,600 bytes.</param>
    public Frame Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LargeCapacity);
        Frame frame = length <= ShortCapacity ? Take(ref _short, ShortCapacity)
            : length <= SmallCapacity ? Take(ref _small, SmallCapacity)
            : Take(ref _large, LargeCapacity);
        frame.Length = length;
        frame.Note = 0;
        frame.GroupFollows = false;
        frame.SegmentSize = 0;
        if (frame.Owner is not null)
        {
            frame.Disown();
        }

        frame.Id = ++_handedOut;
        Outstanding++;
        return frame;
    }

    /// <summary>A copy of the bytes.</summary>
    public Frame Copy(ReadOnlySpan<byte> bytes)
    {
        Frame frame = Rent(bytes.Length);
        bytes.CopyTo(frame.Buffer);
        return frame;
    }

    /// <summary>A copy with the number and the note of the original: the same frame on another way, as through a switch.</summary>
    public Frame Clone(Frame original)
    {
        Frame frame = Copy(original.Bytes);
        frame.Id = original.Id;
        frame.Note = original.Note;
        frame.GroupFollows = original.GroupFollows;
        frame.SegmentSize = original.SegmentSize;
        return frame;
    }

    public void Return(Frame frame)
    {
        Outstanding--;
        ref Frame? head = ref frame.Buffer.Length == SmallCapacity ? ref _small
            : ref frame.Buffer.Length == ShortCapacity ? ref _short : ref _large;
        frame.NextFree = head;
        head = frame;
    }

    private static Frame Take(ref Frame? head, int capacity)
    {
        Frame? frame = head;
        if (frame is null)
        {
            return new Frame(capacity);
        }

        head = frame.NextFree;
        frame.NextFree = null;
        return frame;
    }
}
