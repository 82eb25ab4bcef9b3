using System.Collections.Concurrent;
using Scenarios.Catalogue;

namespace Scenarios.Tests.Catalogue;

/// <summary>Every catalogue scenario run once with captures at all points, for the tests that judge them.</summary>
public sealed class CatalogueRuns : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<string[]>>> _captures = [];

    private readonly ConcurrentDictionary<string, Lazy<Task<JudgedFrame[]>>> _frames = [];

    public void Dispose() => _folder.Dispose();

    /// <summary>The capture files of a scenario, its own capture point's first.</summary>
    public Task<string[]> Captures(string name) => _captures.GetOrAdd(name, n => new Lazy<Task<string[]>>(() => Run(n))).Value;

    /// <summary>The frames of all captures of a scenario, judged by tshark.</summary>
    public Task<JudgedFrame[]> Frames(string name) => _frames.GetOrAdd(name, n => new Lazy<Task<JudgedFrame[]>>(() => Judge(n))).Value;

    /// <summary>Options that make a sweep's script one run.</summary>
    public static string[] Once(string name) => ScenarioCatalogue.Load(name).Sweep is null ? [] : ["--set", "sweep="];

    private async Task<JudgedFrame[]> Judge(string name)
    {
        string[] captures = await Captures(name);
        IReadOnlyList<JudgedFrame>[] judged = await Task.WhenAll(captures.Select(c => Task.Run(() => JudgedFrame.Read(c))));
        return [.. judged.SelectMany(f => f)];
    }

    private async Task<string[]> Run(string name)
    {
        (await Sim.Run(["run", name, .. Once(name), "--capture", "all", "--quiet", "--out", _folder[name]])).Ended(0);
        return [.. Directory.GetFiles(_folder[name], "*.pcapng").OrderBy(f => f.Length).ThenBy(f => f, StringComparer.Ordinal)];
    }
}
