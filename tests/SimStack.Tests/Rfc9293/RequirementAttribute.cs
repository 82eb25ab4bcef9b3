using Xunit.v3;

namespace SimStack.Tests.Rfc9293;

/// <summary>
/// The test shows that a requirement of RFC 9293 appendix B is kept: the trait <c>RFC9293</c> with more to say. Under which profiles: those of
/// <see cref="In"/>, else those that <see cref="InProfilesAttribute"/> runs the test with, else <c>linux</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RequirementAttribute(string id) : Attribute, ITraitAttribute
{
    /// <summary>For example <c>MUST-13</c>.</summary>
    public string Id => id;

    /// <summary>Profiles by name, separated by blanks; <c>all</c>.</summary>
    public string? In { get; init; }

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("RFC9293", id)];
}
