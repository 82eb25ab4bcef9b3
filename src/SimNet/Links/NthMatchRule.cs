using SimNet.Random;

namespace SimNet.Links;

/// <summary>Acts on chosen ones of the packets that match: "drop the 2nd SYN", "mark every 10th", "delay one in a hundred".</summary>
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
        NeedsFlows = match.NeedsFlows || (action.Packets?.Any(packet => packet.NeedsFlows) ?? false);
    }

    /// <summary>Only each so-manieth of the packets that match: 3 for the 3rd, 6th, 9th…; besides the numbers given.</summary>
    public long Every { get; init; } = 1;

    /// <summary>Probability of acting on a packet that all else chose.</summary>
    public Probability Chance { get; init; } = Probability.Always;

    /// <summary>Where <see cref="Chance"/> draws from; needed when that is neither never nor always.</summary>
    public SimRandom? Random { get; init; }

    /// <summary>Packets that matched.</summary>
    public long Matched { get; private set; }

    /// <summary>Packets on which the rule acted.</summary>
    public long Applied { get; private set; }

    /// <inheritdoc/>
    public override bool NeedsFlows { get; }

    /// <inheritdoc/>
    public override FaultAction Decide(in FrameSummary frame)
    {
        if (!_match.Matches(in frame))
        {
            return FaultAction.None;
        }

        Matched++;
        if (!IsChosen() || Matched % Every != 0 || !Strikes())
        {
            return FaultAction.None;
        }

        Applied++;
        return _action;
    }

    private bool IsChosen()
    {
        while (_next < _numbers.Length && _numbers[_next] < Matched)
        {
            _next++;
        }

        return _numbers.Length == 0 || (_next < _numbers.Length && _numbers[_next] == Matched);
    }

    private bool Strikes() => Chance.IsAlways || (!Chance.IsNever
        && (Random ?? throw new InvalidOperationException("a rule with a probability needs a random stream")).Chance(Chance));
}
