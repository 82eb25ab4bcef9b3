using SimNet.Random;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Profiles;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>
/// The runner is strict: every single change to what a passing script expects makes it fail, unless a rule of packetdrill excuses it.
/// Runs a sample; SIM_MUTATION=file runs all and writes the table and the survivors there.
/// </summary>
public class MutationTests(ITestOutputHelper output)
{
    private const string OwnScripts = "tests/Scripts";
    private const int PerKind = 120;

    [Fact]
    public void A_sample_of_changes_fails_or_has_its_excuse()
    {
        var random = new SimRandom(20261121);
        List<MutationSubject> subjects =
        [
            .. Subjects(PacketdrillIpVersion.Ipv4).Concat(Subjects(PacketdrillIpVersion.Ipv6)).OrderBy(_ => random.NextInt32(int.MaxValue)),
        ];
        Assert.SkipWhen(subjects.Count == 0, "no packetdrill script of the repository or beside it passes");
        MutationReport report = new();
        Dictionary<MutationKind, int> taken = [];
        foreach (MutationSubject subject in subjects)
        {
            foreach (IGrouping<MutationKind, Mutant> kind in Mutations.Of(subject).GroupBy(m => m.Kind))
            {
                if (taken.GetValueOrDefault(kind.Key) < PerKind)
                {
                    List<Mutant> mutants = [.. kind];
                    report.Judge(subject, mutants[random.NextInt32(mutants.Count)]);
                    taken[kind.Key] = taken.GetValueOrDefault(kind.Key) + 1;
                }
            }
        }

        output.WriteLine(report.Table());
        AssertExcused(report);
        if (Directory.Exists(Path.Combine(Repository.Root, OwnScripts)))
        {
            Assert.Equal(Enum.GetValues<MutationKind>(), taken.Keys.Order());
        }
    }

    [Fact]
    public void Every_change_fails_or_has_its_excuse()
    {
        string? path = Environment.GetEnvironmentVariable("SIM_MUTATION");
        Assert.SkipWhen(string.IsNullOrEmpty(path), "the whole run takes minutes; SIM_MUTATION=file asks for it");
        MutationReport report = new();
        foreach (MutationSubject subject in Subjects(PacketdrillIpVersion.Ipv4).Concat(Subjects(PacketdrillIpVersion.Ipv6)))
        {
            foreach (Mutant mutant in Mutations.Of(subject))
            {
                report.Judge(subject, mutant);
            }
        }

        File.WriteAllText(path!, report.Table());
        File.WriteAllLines(path + ".survivors", [.. report.Unexcused.Select(u => "UNEXCUSED " + u), .. report.Survivors]);
        File.WriteAllLines(path + ".elsewhere", report.FailedElsewhere);
        AssertExcused(report);
    }

    private static void AssertExcused(MutationReport report) => Assert.True(
        report.Unexcused.Count == 0,
        $"{report.Unexcused.Count} changes pass without an excuse:\n{string.Join('\n', report.Unexcused.Take(20))}");

    // Scripts that pass; printed and read again, so that lines are those of the text that is changed.
    private static IEnumerable<MutationSubject> Subjects(PacketdrillIpVersion version)
    {
        foreach ((string name, string text, Profile profile) in Texts())
        {
            PacketdrillOptions options = new() { IpVersion = version, Profile = profile };
            if (MutationSubject.Run(name, text, options).Passed is { } first)
            {
                MutationSubject.Verdict printed = MutationSubject.Run(name, PacketdrillWriter.Write(first.Script), options);
                Assert.True(printed.Passed is not null, $"{name} passes, but not as the writer prints it: {printed.Failure}");
                yield return printed.Passed;
            }
        }
    }

    // Those of the repository, each folder for its profile, and those beside it.
    private static IEnumerable<(string Name, string Text, Profile Profile)> Texts()
    {
        foreach (string folder in (string[])[OwnScripts, "tests/Scripts.Rfc9293", "samples/packetdrill"])
        {
            string root = Path.Combine(Repository.Root, folder);
            string[] files = Directory.Exists(root) ? Directory.GetFiles(root, "*.pkt", SearchOption.AllDirectories) : [];
            foreach (string path in files.Order(StringComparer.Ordinal))
            {
                string name = Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');
                yield return (name, File.ReadAllText(path), folder.EndsWith("Rfc9293", StringComparison.Ordinal) ? Profile.Rfc9293 : Profile.Linux);
            }
        }

        foreach (string name in SharedFolder.Scripts)
        {
            yield return (name, SharedFolder.ReadScript(name), Profile.Linux);
        }
    }
}
