using SimStack;

namespace SimNet.Links;

/// <summary>The scripted faults of one direction.</summary>
internal sealed class RuleStage
{
    private FaultRule[] _rules = [];

    public bool IsEmpty => _rules.Length == 0;

    public void Add(FaultRule rule) => _rules = [.. _rules, rule];

    public void Remove(FaultRule rule) => _rules = [.. _rules.Where(other => other != rule)];

    public FaultAction Decide(Instant now, LinkSide side, long number, ReadOnlySpan<byte> frame)
    {
        FrameSummary summary = new(now, side, number, frame);
        FaultAction decision = FaultAction.None;
        foreach (FaultRule rule in _rules)
        {
            FaultAction action = rule.Decide(in summary);
            if (decision.Kind == FaultKind.None)
            {
                decision = action;
            }
        }

        return decision;
    }
}
