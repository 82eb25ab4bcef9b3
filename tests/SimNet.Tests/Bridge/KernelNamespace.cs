using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using SimNet.Bridge;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>
/// A network namespace of this machine's Linux kernel, made for one test: the other party of a bridge. It has its own interfaces, routes,
/// sysctls and counters, no way out, and is gone with all its processes at the end.
/// </summary>
internal sealed class KernelNamespace : IDisposable
{
    private static readonly Lazy<string?> Refusal = new(FindRefusal);
    private static int s_count;
    private readonly List<Process> _processes = [];

    /// <summary>Skips the test where there can be none.</summary>
    public KernelNamespace()
    {
        Assert.SkipWhen(Refusal.Value is not null, Refusal.Value ?? "");
        Name = string.Create(CultureInfo.InvariantCulture, $"sim-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        Call("ip", "netns", "add", Name);
        Run("ip", "link", "set", "lo", "up");
        // Addresses are there at once rather than after a second of asking whether somebody has them, and nothing is sent unasked.
        Sysctl("net.ipv6.conf.default.accept_dad", "0");
        Sysctl("net.ipv6.conf.default.router_solicitations", "0");
    }

    /// <summary>As <c>ip netns</c> knows it.</summary>
    public string Name { get; }

    /// <summary>Runs a program inside to its end; what it printed.</summary>
    public string Run(string program, params string[] arguments)
    {
        (int status, string output, string error) = TryRun(program, arguments);
        return status == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {status}: {error}{output}");
    }

    /// <summary>Runs a program inside to its end, a minute at most.</summary>
    public (int Status, string Output, string Error) TryRun(string program, params string[] arguments)
    {
        using Process process = Launch("ip", ["netns", "exec", Name, program, .. arguments]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not end within a minute");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Starts a program inside that is killed at the end.</summary>
    public Process Start(string program, params string[] arguments)
    {
        Process process = Launch("ip", ["netns", "exec", Name, program, .. arguments]);
        _processes.Add(process);
        return process;
    }

    /// <summary>Sets a sysctl of the namespace, by its dotted name.</summary>
    public void Sysctl(string name, string value) => Enter(() => File.WriteAllText(SysctlPath(name), value));

    /// <summary>A sysctl of the namespace.</summary>
    public string Sysctl(string name) => Enter(() => File.ReadAllText(SysctlPath(name)).Trim());

    /// <summary>Runs code on a thread that is inside: sockets that it opens belong to the namespace's kernel.</summary>
    public T Enter<T>(Func<T> action) => NetworkNamespace.Run(Name, action);

    /// <summary>Runs code on a thread that is inside.</summary>
    public void Enter(Action action) => NetworkNamespace.Run(Name, () =>
    {
        action();
        return 0;
    });

    /// <summary>The kernel's counters by nstat's names, those of IPv4, IPv6 and TcpExt; only those that are not 0.</summary>
    public IReadOnlyDictionary<string, long> Counters()
    {
        var counters = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in Enter(() => File.ReadAllLines("/proc/thread-self/net/netstat").Concat(File.ReadAllLines("/proc/thread-self/net/snmp")).ToArray()).Chunk(2).SelectMany(Pairs))
        {
            string[] parts = line.Split(' ');
            counters[parts[0]] = long.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        // /proc/net/snmp6 has a name and a value on each line.
        foreach (string line in Enter(() => File.ReadAllLines("/proc/thread-self/net/snmp6")))
        {
            string[] parts = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (parts is [_, not "0"])
            {
                counters[parts[0]] = long.Parse(parts[1], CultureInfo.InvariantCulture);
            }
        }

        return counters;
    }

    /// <summary>
    /// Waits until all IPv6 addresses are ready. Even without duplicate address detection the kernel does that in a task of its own, and a connection that is made
    /// before comes from a link-local address.
    /// </summary>
    public void WaitForAddresses()
    {
        const int Flags = 4, IFA_F_TENTATIVE = 0x40;
        var clock = Stopwatch.StartNew();
        while (Enter(() => File.ReadAllLines("/proc/thread-self/net/if_inet6")).Any(line =>
            (int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[Flags], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & IFA_F_TENTATIVE) != 0))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "an address stays tentative");
            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            try
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(5000);
            }
            catch (InvalidOperationException)
            {
                // It ended by itself.
            }

            process.Dispose();
        }

        Call("ip", "netns", "delete", Name);
    }

    // /proc/net/netstat has lines in pairs: `TcpExt: name name …` and `TcpExt: value value …`.
    private static IEnumerable<string> Pairs(string[] lines)
    {
        if (lines.Length < 2)
        {
            yield break;
        }

        string[] names = lines[0].Split(' ');
        string[] values = lines[1].Split(' ');
        for (int i = 1; i < names.Length && i < values.Length; i++)
        {
            if (values[i] != "0")
            {
                yield return names[0].TrimEnd(':') + names[i] + " " + values[i];
            }
        }
    }

    private static string SysctlPath(string name) => "/proc/sys/" + name.Replace('.', '/');

    private static string? FindRefusal()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            return "needs root on Linux, for network namespaces";
        }

        if (!File.Exists("/dev/net/tun"))
        {
            return "needs /dev/net/tun, which this machine doesn't have";
        }

        const string Probe = "sim-probe";
        try
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{Probe}-{Environment.ProcessId}");
            Call("ip", "netns", "add", name);
            Call("ip", "netns", "delete", name);
            RemoveLeftovers();
            return null;
        }
        catch (Win32Exception)
        {
            return "missing tool: ip is not on PATH (Debian package iproute2)";
        }
        catch (InvalidOperationException refused)
        {
            return "this machine allows no network namespaces: " + refused.Message;
        }
    }

    /// <summary>A run that was killed left its namespaces behind; they are named after its process.</summary>
    private static void RemoveLeftovers()
    {
        foreach (string path in Directory.GetFiles("/var/run/netns", "sim-*"))
        {
            string name = Path.GetFileName(path);
            if (name.Split('-') is [_, { } process, _] && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}")))
            {
                Call("ip", "netns", "delete", name);
            }
        }
    }

    private static void Call(string program, params string[] arguments)
    {
        using Process process = Launch(program, arguments);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error.Trim()}");
        }
    }

    private static Process Launch(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
