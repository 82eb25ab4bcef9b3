using Xunit.v3;

namespace SimStack.Tests.Rfc9293;

/// <summary>The test shows that these profiles do something else than a requirement of RFC 9293 asks for.</summary>
/// <param name="id">For example <c>MUST-13</c>.</param>
/// <param name="profiles">By name, separated by blanks.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class DepartsAttribute(string id, string profiles) : Attribute, ITraitAttribute
{
    public string Id => id;

    public string Profiles => profiles;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("RFC9293", id)];
}
