namespace SimNet.Links;

/// <summary>Acts on chosen ones of the packets that match: "drop the 2nd SYN".</summary>
public sealed class NthMatchRule : FaultRule
{
    private readonly FrameMatch _match;
    private readonly FaultAction _action;
    private readonly long[] _numbers;
    private int _next;

    /// <summary>A rule that has seen nothing yet.</summary>
    /// <param name="match">Which packets to count.</param>
    /// <param name="action">What to do with the chosen ones.</param>
    /// <param name="numbers">Which ones, counted from 1; none: all of them.</param>
    public NthMatchRule(FrameMatch match, FaultAction action, params ReadOnlySpan<long> numbers)
    {
        foreach (long number in numbers)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(number, 1, nameof(numbers));
        }

        _match = match;
        _action = action;
        _numbers = numbers.ToArray();
        Array.Sort(_numbers);
    }

    /// <summary>Packets that matched.</summary>
    public long Matched { get; private set; }

    /// <summary>Packets on which the rule acted.</summary>
    public long Applied { get; private set; }

    /// <inheritdoc/>
    public override FaultAction Decide(in FrameSummary frame)
    {
        if (!_match.Matches(in frame))
        {
            return FaultAction.None;
        }

        Matched++;
        while (_next < _numbers.Length && _numbers[_next] < Matched)
        {
            _next++;
        }

        if (_numbers.Length > 0 && (_next == _numbers.Length || _numbers[_next] != Matched))
        {
            return FaultAction.None;
        }

        Applied++;
        return _action;
    }
}
