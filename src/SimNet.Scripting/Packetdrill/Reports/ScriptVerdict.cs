namespace SimNet.Scripting.Packetdrill.Reports;

/// <summary>The result of one run of one script.</summary>
/// <param name="Path">The script as the user named it, or below the folder that the user named.</param>
/// <param name="IpVersion"><c>ipv4</c>, <c>ipv6</c> or <c>ipv4-mapped-ipv6</c>.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Line">The line that did not hold, counted from 1; 0 when it passed or no line is to blame.</param>
/// <param name="Message">Why it did not pass; empty when it did.</param>
/// <param name="Seconds">How long the run took.</param>
internal sealed record ScriptVerdict(string Path, string IpVersion, ScriptOutcome Outcome, int Line, string Message, double Seconds)
{
    /// <summary>True when every line held.</summary>
    public bool HasPassed => Outcome == ScriptOutcome.Passed;
}
