using System.Reflection;
using SimStack.Profiles;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace SimStack.Tests.Rfc9293;

/// <summary>Runs a theory once with each profile's name; without names, with all profiles.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class InProfilesAttribute(params string[] names) : DataAttribute
{
    public IReadOnlyList<string> Names { get; } = names.Length > 0 ? names : [.. Profile.All.Select(profile => profile.Name)];

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Names.Select(name => new TheoryDataRow<string>(name))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
