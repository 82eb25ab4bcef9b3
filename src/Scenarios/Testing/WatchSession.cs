namespace Scenarios.Testing;

/// <summary>Runs scripts, and again what is saved, until it is stopped; its exit status is that of what is there then.</summary>
internal sealed class WatchSession
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly SimConsole _console;
    private readonly TestRequest _request;
    private readonly TestSession _session;
    private readonly Func<CancellationToken, bool> _wait;

    /// <summary>Looks at the files every 200 ms: a comparison of times and sizes sees every editor's way of saving, on every file system.</summary>
    public WatchSession(SimConsole console, TestRequest request)
        : this(console, request, stop => !stop.WaitHandle.WaitOne(Interval))
    {
    }

    /// <param name="console">Where to write.</param>
    /// <param name="request">What to run.</param>
    /// <param name="wait">Waits between two looks at the files; false: stop.</param>
    internal WatchSession(SimConsole console, TestRequest request, Func<CancellationToken, bool> wait)
    {
        (_console, _request, _wait) = (console, request, wait);
        _session = new TestSession(console, request);
    }

    /// <summary>Runs everything once, and then what changes.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">A path is wrong at the beginning, or the environment refused.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        IReadOnlyList<ScriptFile> files = ScriptFiles.Find(_request.Paths);
        Dictionary<string, FileStamp> stamps = Stamps(files);
        List<TestedScript> scripts = _session.RunAll(files, cancellationToken);
        int status = _session.Finish(scripts, isStopped: false);
        Announce(files.Count);
        while (!cancellationToken.IsCancellationRequested && _wait(cancellationToken))
        {
            files = Find(files);
            Dictionary<string, FileStamp> now = Stamps(files);
            ScriptFile[] changed = [.. files.Where(f => !stamps.TryGetValue(f.FullPath, out FileStamp before) || before != now[f.FullPath])];
            bool isSame = changed.Length == 0 && now.Count == stamps.Count;
            stamps = now;
            if (isSame)
            {
                continue;
            }

            List<TestedScript> again = _session.RunAll(changed, cancellationToken);
            scripts = Merge(files, scripts, again);
            status = _session.Finish(scripts, isStopped: false);
        }

        return status;
    }

    private void Announce(int count)
    {
        _console.Error.WriteLine(FormattableString.Invariant($"sim test: watching {count} {(count == 1 ? "script" : "scripts")}; Ctrl-C ends"));
        _console.Error.Flush();
    }

    /// <summary>What is there now; while a file is being replaced, or a folder has no script for the moment, what was there before.</summary>
    private IReadOnlyList<ScriptFile> Find(IReadOnlyList<ScriptFile> before)
    {
        try
        {
            return ScriptFiles.Find(_request.Paths);
        }
        catch (SimException)
        {
            return before;
        }
    }

    private static Dictionary<string, FileStamp> Stamps(IReadOnlyList<ScriptFile> files) =>
        files.ToDictionary(f => f.FullPath, f => FileStamp.Of(f.FullPath), StringComparer.Ordinal);

    /// <summary>The newest script of each script that is still there, in the scripts' order.</summary>
    private static List<TestedScript> Merge(IReadOnlyList<ScriptFile> files, List<TestedScript> before, List<TestedScript> again)
    {
        ILookup<string, TestedScript> newest = again.ToLookup(o => o.File.FullPath, StringComparer.Ordinal);
        ILookup<string, TestedScript> old = before.ToLookup(o => o.File.FullPath, StringComparer.Ordinal);
        return [.. files.SelectMany(f => newest.Contains(f.FullPath) ? newest[f.FullPath] : old[f.FullPath])];
    }

    /// <summary>What tells that a file was saved.</summary>
    private readonly record struct FileStamp(DateTime Written, long Length)
    {
        public static FileStamp Of(string path)
        {
            try
            {
                var file = new FileInfo(path);
                return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return default;
            }
        }
    }
}
