using System.Collections.Concurrent;
using SimNet.Bridge;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>A device without a system behind it: what is written to it goes to another of its kind, or is kept.</summary>
internal sealed class MemoryDevice(string name) : FrameDevice
{
    private readonly ConcurrentQueue<byte[]> _waiting = new();

    public override string Name => name;
    public override int Mtu => 1500;

    /// <summary>The cable's other end; null: what is written is kept in <see cref="Sent"/>.</summary>
    public MemoryDevice? Other { get; private set; }

    /// <summary>What was written, without another end.</summary>
    public ConcurrentQueue<byte[]> Sent { get; } = new();

    /// <summary>What reading throws; null: nothing.</summary>
    public Exception? Failure { get; set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Two ends of a cable.</summary>
    public static (MemoryDevice, MemoryDevice) Pair()
    {
        MemoryDevice a = new("mem0"), b = new("mem1");
        (a.Other, b.Other) = (b, a);
        return (a, b);
    }

    /// <summary>A frame comes in, from any thread.</summary>
    public void Deliver(byte[] frame)
    {
        _waiting.Enqueue(frame);
        OnFramesWaiting();
    }

    /// <summary>Makes the session look at the device.</summary>
    public void Fail(Exception failure)
    {
        Failure = failure;
        OnFramesWaiting();
    }

    public override int Read(FramePool pool, Span<Frame> frames)
    {
        if (Failure is { } failure)
        {
            throw failure;
        }

        int count = 0;
        long bytes = 0;
        while (count < frames.Length && _waiting.TryDequeue(out byte[]? frame))
        {
            frames[count++] = pool.Copy(frame);
            bytes += frame.Length;
        }

        CountReceived(count, bytes);
        return count;
    }

    public override void Write(FramePool pool, Frame frame)
    {
        byte[] bytes = frame.Bytes.ToArray();
        pool.Return(frame);
        CountSent(1, bytes.Length);
        if (Other is { } other)
        {
            other.Deliver(bytes);
        }
        else
        {
            Sent.Enqueue(bytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
