namespace SimStack.Sockets;

/// <summary>What recvmsg(2) with MSG_ERRQUEUE takes from a TCP socket, oldest first (Linux: sk_error_queue).</summary>
internal sealed class ErrorQueue
{
    private const int Overhead = 832;

    private readonly LinkedList<ExtendedError> _errors = new();

    public int Count => _errors.Count;

    /// <summary>Bytes that the entries take of SO_RCVBUF; notices of MSG_ZEROCOPY take of net.core.optmem_max.</summary>
    public int Memory { get; private set; }

    /// <summary>Notices of MSG_ZEROCOPY among them.</summary>
    public int Notices { get; private set; }

    public static int SizeOf(ExtendedError error) => error.Origin is ErrorOrigin.Zerocopy ? 0 : Overhead + error.Length;

    public void Add(ExtendedError error)
    {
        _errors.AddLast(error);
        Memory += SizeOf(error);
        Notices += error.Origin is ErrorOrigin.Zerocopy ? 1 : 0;
    }

    /// <summary>Calls are done with their data. They make one entry with the last one, if their numbers go on from it.</summary>
    /// <param name="now">When.</param>
    /// <param name="first">The first call.</param>
    /// <param name="count">How many.</param>
    /// <param name="of">The entry as it is otherwise.</param>
    public void AddNotice(Instant now, uint first, uint count, ExtendedError of)
    {
        if (_errors.Last is { Value: { Origin: ErrorOrigin.Zerocopy } last } node && first == unchecked(last.EeData + 1)
            && unchecked(last.EeData - last.Info) + 1UL + count < 1UL << 32)
        {
            node.Value = last with { EeData = unchecked(last.EeData + count) };
            return;
        }

        Add(of with { Info = first, EeData = unchecked(first + count - 1), Time = now });
    }

    public bool TryTake(out ExtendedError error)
    {
        error = null!;
        if (_errors.First is not { } first)
        {
            return false;
        }

        error = first.Value;
        _errors.RemoveFirst();
        Memory -= SizeOf(error);
        Notices -= error.Origin is ErrorOrigin.Zerocopy ? 1 : 0;
        return true;
    }

    public bool TryPeek(out ExtendedError error)
    {
        error = _errors.First?.Value!;
        return error is not null;
    }
}
