using System.Globalization;
using SimStack.Profiles;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>The sysctls of a kernel's namespace beside those of the `linux` profile: what they are at first, and which values they take.</summary>
public class SysctlTests
{
    private static readonly long[] Probes =
        [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 31, 32, 63, 64, 100, 127, 128, 200, 255, 256, 500, 1000, 1001, 65_535, 65_536, int.MaxValue];

    // By the machine's memory, its port ranges or its HZ.
    private static readonly string[] OfTheMachine =
    [
        "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_max_orphans", "net.ipv4.tcp_ehash_entries",
        "net.ipv4.tcp_probe_interval", "net.core.optmem_max",
    ];

    // A namespace's own thresholds and limits, which depend on each other there.
    private static readonly string[] BoundToOthers = ["net.ipv4.ipfrag_high_thresh", "net.ipv6.ip6frag_high_thresh", "net.ipv4.ip_unprivileged_port_start"];

    // AccECN can be switched on from 7.0 on; the other test looks at them.
    private static readonly string[] OfLaterKernels = ["net.ipv4.tcp_ecn", "net.ipv4.tcp_ecn_option"];

    // Where the kernel takes any number and means yes, this stack takes 1: what it takes itself must mean the same there.
    [Fact]
    public void AreAtFirstWhatTheyAreInLinuxAndTakeNothingElse()
    {
        using KernelNamespace kernel = new();
        Assert.SkipUnless(File.ReadAllText("/proc/sys/kernel/osrelease").StartsWith("6.18.", StringComparison.Ordinal), "the kernel is not a 6.18, whose sysctls these are");
        List<string> differences = [];
        int compared = 0;
        kernel.Enter(() =>
        {
            foreach (string name in Sysctls.Names.Except([.. OfTheMachine, .. OfLaterKernels]))
            {
                Sysctls own = new();
                if (File.Exists(PathOf(name)) && own.TryGet(name, out string first) && long.TryParse(first, CultureInfo.InvariantCulture, out _))
                {
                    string before = File.ReadAllText(PathOf(name)).Trim();
                    compared++;
                    differences.AddRange(before == first ? [] : [$"{name} is {first}, the kernel's {before}"]);
                    differences.AddRange(BoundToOthers.Contains(name) ? [] : Refused(name, own).Select(value => $"{name} takes {value}, which the kernel refuses"));
                    Write(name, before);
                }
            }
        });
        Assert.Empty(differences);
        Assert.InRange(compared, 80, int.MaxValue);
    }

    [Theory]
    [InlineData("net.ipv4.tcp_ecn", 2, 5)]
    [InlineData("net.ipv4.tcp_ecn_option", 2, 3)]
    public void AccEcnHasTheValuesOfALaterKernel(string name, int last, int lastOfLater)
    {
        using KernelNamespace kernel = new();
        int[] taken = kernel.Enter(() => Enumerable.Range(0, 10).Where(v => File.Exists(PathOf(name)) && Write(name, v.ToString(CultureInfo.InvariantCulture)) == true).ToArray());
        Sysctls own = new();
        int[] ours = [.. Enumerable.Range(0, 10).Where(v => own.TrySet(name, v.ToString(CultureInfo.InvariantCulture), out _))];
        Assert.Equal(Enumerable.Range(0, lastOfLater + 1), ours);
        Assert.SkipWhen(taken.Length == 0, $"the kernel has no {name}");
        Assert.Contains(taken[^1], (int[])[last, lastOfLater]);
        Assert.Equal(taken.Length - 1, taken[^1]);
    }

    private static IEnumerable<long> Refused(string name, Sysctls own) => Probes.Where(probe =>
    {
        string value = probe.ToString(CultureInfo.InvariantCulture);
        return own.TrySet(name, value, out _) && Write(name, value) == false;
    });

    /// <summary>Whether the kernel takes it; null where it is the machine's and not the namespace's.</summary>
    private static bool? Write(string name, string value)
    {
        try
        {
            File.WriteAllText(PathOf(name), value);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string PathOf(string name) => "/proc/sys/" + name.Replace('.', '/');
}
