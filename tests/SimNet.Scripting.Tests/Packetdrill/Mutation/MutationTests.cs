using SimNet.Random;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>
/// The runner is strict: every single change to what a passing script expects makes it fail, unless a rule of packetdrill excuses it.
/// Runs a sample; SIM_MUTATION=file runs all and writes the table and the survivors there.
/// </summary>
public class MutationTests(ITestOutputHelper output)
{
    private static readonly string OwnScripts = Path.Combine(Repository.Root, "tests", "Scripts");

    private const int PerKind = 120;
    private const int PerKindAndScript = 3;

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
                List<Mutant> mutants = [.. kind];
                for (int n = 0; n < PerKindAndScript && taken.GetValueOrDefault(kind.Key) < PerKind; n++)
                {
                    report.Judge(subject, mutants[random.NextInt32(mutants.Count)]);
                    taken[kind.Key] = taken.GetValueOrDefault(kind.Key) + 1;
                }
            }
        }

        output.WriteLine(report.Table());
        Assert.Empty(report.Unexcused);
        if (Directory.Exists(OwnScripts))
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
        Assert.Empty(report.Unexcused);
    }

    // Scripts that pass; printed and read again, so that lines are those of the text that is changed.
    private static IEnumerable<MutationSubject> Subjects(PacketdrillIpVersion version)
    {
        PacketdrillOptions options = new() { IpVersion = version };
        foreach ((string name, string text) in Texts())
        {
            if (MutationSubject.Run(name, text, options).Passed is { } first)
            {
                MutationSubject.Verdict printed = MutationSubject.Run(name, PacketdrillWriter.Write(first.Script), options);
                Assert.True(printed.Passed is not null, $"{name} passes, but not as the writer prints it: {printed.Failure}");
                yield return printed.Passed;
            }
        }
    }

    private static IEnumerable<(string Name, string Text)> Texts()
    {
        if (Directory.Exists(OwnScripts))
        {
            foreach (string path in Directory.EnumerateFiles(OwnScripts, "*.pkt", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                yield return (Path.GetRelativePath(OwnScripts, path).Replace('\\', '/'), File.ReadAllText(path));
            }
        }

        foreach (string name in SharedFolder.Scripts)
        {
            yield return (name, SharedFolder.ReadScript(name));
        }
    }
}
