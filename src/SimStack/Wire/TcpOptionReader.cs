namespace SimStack.Wire;

/// <summary>
/// Walks a TCP header's options in their order, unknown ones, NOPs and the end marker included. Stops at the end marker, at the
/// end of the bytes, or at an option that is malformed (<see cref="IsMalformed"/>).
/// </summary>
public ref struct TcpOptionReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _next;

    /// <param name="optionBytes">What <see cref="TcpView.OptionBytes"/> gives.</param>
    public TcpOptionReader(ReadOnlySpan<byte> optionBytes) => _bytes = optionBytes;

    public TcpOptionKind Kind { get; private set; }

    /// <summary>The option without kind and length; empty for NOP and the end marker.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Where the current option begins, in bytes from the first option.</summary>
    public int Offset { get; private set; }

    /// <summary>The walk ended at an option whose length is below 2 or goes beyond the header.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Goes to the next option; false when there is none.</summary>
    public bool MoveNext()
    {
        if ((uint)_next >= (uint)_bytes.Length)
        {
            return false;
        }

        Offset = _next;
        Kind = (TcpOptionKind)_bytes[_next];
        Data = default;
        if (Kind == TcpOptionKind.NoOperation)
        {
            _next++;
            return true;
        }

        if (Kind == TcpOptionKind.EndOfList)
        {
            _next = _bytes.Length;
            return true;
        }

        int length = _next + 1 < _bytes.Length ? _bytes[_next + 1] : 0;
        if (length < 2 || length > _bytes.Length - _next)
        {
            IsMalformed = true;
            _next = _bytes.Length;
            return false;
        }

        Data = _bytes.Slice(_next + 2, length - 2);
        _next += length;
        return true;
    }
}
