namespace SimNet.Scripting.Expectations;

/// <summary>Whether an expectation held.</summary>
/// <param name="Passed">True: it did.</param>
/// <param name="Text">What was checked.</param>
/// <param name="Position">Where the script says so.</param>
/// <param name="Expected">For a failure: what was expected.</param>
/// <param name="Got">For a failure: what came instead.</param>
public sealed record Verdict(bool Passed, string Text, SourcePosition Position, string? Expected = null, string? Got = null)
{
    /// <summary><c>PASS text</c>, or <c>FAIL text (file:line): expected … got …</c>.</summary>
    public override string ToString() => Passed
        ? $"PASS  {Text}"
        : $"FAIL  {Text}" + (Position.IsKnown ? $" ({Position.ToShortString()})" : "") + $": expected {Expected}, got {Got}";
}
