using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;
using SimStack.Profiles;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

/// <summary>
/// The scripts of this repository: those of <c>tests/Scripts</c> hold for the <c>linux</c> profile, those of <c>tests/Scripts.Rfc9293</c> for
/// <c>rfc9293</c>, the samples for the former. Each passes with every IP version; one that is about one of them says so itself.
/// </summary>
public sealed class OwnScriptTests
{
    public static TheoryData<string, PacketdrillIpVersion> Linux => Table("tests/Scripts");

    public static TheoryData<string, PacketdrillIpVersion> Rfc9293 => Table("tests/Scripts.Rfc9293");

    public static TheoryData<string, PacketdrillIpVersion> Samples => Table("samples/packetdrill");

    /// <summary>Scripts that say "// profiles: …" in their first comment, with each of those.</summary>
    public static TheoryData<string, string> InOtherProfiles
    {
        get
        {
            const string mark = "// profiles:";
            var table = new TheoryData<string, string>();
            foreach (string path in All.Select(row => row.Data))
            {
                string? line = File.ReadLines(FullPath(path)).TakeWhile(l => l.StartsWith("//", StringComparison.Ordinal)).FirstOrDefault(l => l.StartsWith(mark, StringComparison.Ordinal));
                foreach (string name in line?[mark.Length..].Split(',', StringSplitOptions.TrimEntries) ?? [])
                {
                    table.Add(path, name);
                }
            }

            return table;
        }
    }

    public static TheoryData<string> All => [.. Linux.Concat(Rfc9293).Concat(Samples).Select(row => row.Data.Item1).Distinct()];

    [Theory]
    [MemberData(nameof(Linux))]
    public void Passes_in_the_linux_profile(string path, PacketdrillIpVersion version) => Pass(path, version, Profile.Linux);

    [Theory]
    [MemberData(nameof(Rfc9293))]
    public void Passes_in_the_rfc9293_profile(string path, PacketdrillIpVersion version) => Pass(path, version, Profile.Rfc9293);

    [Theory]
    [MemberData(nameof(InOtherProfiles))]
    public void Passes_in_every_profile_that_it_names(string path, string name)
    {
        Assert.True(Profile.TryGet(name, out Profile profile), $"{path}: no profile {name}");
        Pass(path, PacketdrillIpVersion.Ipv4, profile);
        Pass(path, PacketdrillIpVersion.Ipv6, profile);
        Pass(path, PacketdrillIpVersion.Ipv4MappedIpv6, profile);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_passes(string path, PacketdrillIpVersion version) => Pass(path, version, Profile.Linux);

    [Theory]
    [MemberData(nameof(All))]
    public void Says_first_what_it_shows_and_who_says_so(string path)
    {
        string[] comment = [.. File.ReadLines(FullPath(path)).TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal))];
        Assert.NotEmpty(comment);
        Assert.All(comment, line => Assert.InRange(line.Length, 0, 140));
        string[] sources = ["RFC ", "ip-sysctl", "(2)", "(7)", "Linux"];
        Assert.True(path.StartsWith("samples", StringComparison.Ordinal) || comment.Any(line => sources.Any(line.Contains)), $"{path} names no source");
    }

    [Fact]
    public void Every_behaviour_has_scripts()
    {
        Assert.True(Linux.Count >= 3 * 210, $"{Linux.Count / 3} scripts");
        Assert.True(Rfc9293.Count >= 3 * 16, $"{Rfc9293.Count / 3} scripts of the RFC's own");
        Assert.NotEmpty(Samples);
    }

    private static void Pass(string path, PacketdrillIpVersion version, Profile profile)
    {
        var options = new PacketdrillOptions { IpVersion = version, Profile = profile };
        PacketdrillResult result = PacketdrillRunner.Run(File.ReadAllText(FullPath(path)), path, options);
        Assert.Null(result.Failure?.ToString());
    }

    private static string FullPath(string path) => Path.Combine(Repository.Root, path);

    private static TheoryData<string, PacketdrillIpVersion> Table(string folder)
    {
        var table = new TheoryData<string, PacketdrillIpVersion>();
        foreach (string file in Directory.EnumerateFiles(FullPath(folder), "*.pkt", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
            table.Add(path, PacketdrillIpVersion.Ipv4);
            table.Add(path, PacketdrillIpVersion.Ipv6);
            table.Add(path, PacketdrillIpVersion.Ipv4MappedIpv6);
        }

        return table;
    }
}
