namespace SimStack.Tests.Rfc9293;

/// <summary>What must hold between the list of requirements and what tests show; each returns what does not, in words.</summary>
internal static class CoverageRules
{
    public static IEnumerable<string> UnknownIds(IReadOnlyList<Requirement> requirements, IReadOnlyList<Evidence> shown) =>
        from evidence in shown
        where !requirements.Any(requirement => requirement.Id == evidence.Id)
        select $"{evidence.Test} names {evidence.Id}, which RFC 9293 appendix B does not have";

    /// <summary>
    /// A MUST that passes has a test in each profile, a SHOULD in <c>linux</c> and <c>rfc9293</c>, a MAY anywhere; what departs has one in each
    /// profile that does.
    /// </summary>
    public static IEnumerable<string> NotShown(IReadOnlyList<Requirement> requirements, IReadOnlyList<Evidence> shown) =>
        from requirement in requirements
        from profile in RequirementList.Profiles
        let tests = shown.Where(evidence => evidence.Id == requirement.Id)
        let missing = requirement[profile] switch
        {
            Verdict.Passes => Needs(requirement, profile) && !tests.Any(evidence => evidence.Conforming.Contains(profile)),
            Verdict.Departs => !tests.Any(evidence => evidence.Departing.Contains(profile)),
            _ => false,
        }
        where missing
        select $"{requirement.Id} ({requirement.Words}): no test shows that {profile} {(requirement[profile] is Verdict.Passes ? "does so" : "departs")}";

    public static IEnumerable<string> Contradictions(IReadOnlyList<Requirement> requirements, IReadOnlyList<Evidence> shown) =>
        from requirement in requirements
        from evidence in shown.Where(evidence => evidence.Id == requirement.Id)
        from profile in RequirementList.Profiles
        let verdict = requirement[profile]
        where (evidence.Departing.Contains(profile) && verdict is not Verdict.Departs)
            || (evidence.Conforming.Contains(profile) && verdict is not Verdict.Passes)
        select $"{evidence.Test} shows something else of {profile} than the list says of {requirement.Id}";

    private static bool Needs(Requirement requirement, string profile) => requirement.Level is "MUST" || profile is "linux" or "rfc9293";
}
