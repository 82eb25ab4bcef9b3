namespace SimNet.Links;

/// <summary>The scripted faults of one direction.</summary>
/// <param name="flows">The connections of the link, both directions together.</param>
internal sealed class RuleStage(FlowTracker flows)
{
    private FaultRule[] _rules = [];

    public bool IsEmpty => _rules.Length == 0 && !flows.IsActive;

    public void Add(FaultRule rule)
    {
        _rules = [.. _rules, rule];
        if (rule.NeedsFlows)
        {
            flows.Activate();
        }
    }

    public void Remove(FaultRule rule) => _rules = [.. _rules.Where(other => other != rule)];

    /// <summary>The first action, and the rule that chose it.</summary>
    public FaultAction Decide(ref FrameSummary summary, out FaultRule? rule)
    {
        if (flows.IsActive)
        {
            summary.Flow = flows.Observe(in summary);
        }

        rule = null;
        FaultAction decision = FaultAction.None;
        foreach (FaultRule asked in _rules)
        {
            FaultAction action = asked.Decide(in summary);
            if (decision.Kind == FaultKind.None)
            {
                decision = action;
                rule = asked;
            }
        }

        return decision;
    }
}
