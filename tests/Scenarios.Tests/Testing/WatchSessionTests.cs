using Scenarios.Testing;

namespace Scenarios.Tests.Testing;

/// <summary><c>sim test --watch</c>: what is saved is run again. The waits are the tests' own.</summary>
public sealed class WatchSessionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WhatIsSavedIsRunAgainAndTheCountIsOfAll()
    {
        string a = _folder.Write("a.pkt", Scripts.Good);
        string b = _folder.Write("b.pkt", Scripts.Good);
        int status = Watch(
            () => { },
            () => Save(b, Scripts.Bad),
            () => { },
            () => Save(b, Scripts.Good),
            () => Save(_folder["c.pkt"], Scripts.Good),
            () => File.Delete(a));
        Assert.Equal(ExitStatus.Success, status);
        string[] lines = _output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(
            [
                $"PASS {a}", $"PASS {b}", "2 passed, 0 failed", $"FAIL {b}:10", "1 passed, 1 failed", $"PASS {b}", "2 passed, 0 failed",
                $"PASS {_folder["c.pkt"]}", "3 passed, 0 failed", "2 passed, 0 failed",
            ],
            lines.Select(l => l.Split(": expected")[0]));
        Assert.Equal("sim test: watching 2 scripts; Ctrl-C ends\n", _error.ToString());
    }

    [Fact]
    public void TheStatusIsThatOfWhatIsThereAtTheEnd()
    {
        string a = _folder.Write("a.pkt", Scripts.Good);
        Assert.Equal(ExitStatus.ExpectationFailed, Watch(() => Save(a, Scripts.Bad)));
        Assert.Equal(ExitStatus.BadRequest, Watch(() => Save(a, Scripts.Wrong)));
    }

    [Fact]
    public void AFileThatIsAwayForAMomentIsNoEnd()
    {
        string a = _folder.Write("a.pkt", Scripts.Good);
        Assert.Equal(ExitStatus.Success, Watch(() => File.Delete(a), () => Save(a, Scripts.Good)));
    }

    [Fact]
    public void CtrlCEndsIt()
    {
        _folder.Write("a.pkt", Scripts.Good);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        var session = new WatchSession(new SimConsole(_output, _error), new TestRequest { Paths = [_folder.Path], Watch = true });
        Assert.Equal(ExitStatus.Success, session.Run(stopped.Token));
    }

    private int Watch(params Action[] steps)
    {
        var left = new Queue<Action>(steps);
        var session = new WatchSession(new SimConsole(_output, _error), new TestRequest { Paths = [_folder.Path], Watch = true }, _ =>
        {
            if (!left.TryDequeue(out Action? step))
            {
                return false;
            }

            step();
            return true;
        });
        return session.Run(CancellationToken.None);
    }

    // Two saves within the file system's clock's tick differ in length.
    private static void Save(string path, string text)
    {
        long before = File.Exists(path) ? new FileInfo(path).Length : 0;
        File.WriteAllText(path, text.Length == before ? text + "\n" : text);
    }
}
