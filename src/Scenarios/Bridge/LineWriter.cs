namespace Scenarios.Bridge;

/// <summary>
/// Writes lines on a thread of its own, so that whoever says them, the simulation in real time, never waits for a terminal or a pipe. What
/// is said faster than it can be shown is left out, and counted.
/// </summary>
internal sealed class LineWriter : IDisposable
{
    private const int MostWaiting = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly SimConsole _console;
    private readonly Queue<string> _waiting = new();
    private readonly Thread _thread;
    private long _leftOut;
    private bool _ends;

    public LineWriter(SimConsole console)
    {
        _console = console;
        _thread = new Thread(Run) { IsBackground = true, Name = "lines" };
        _thread.Start();
    }

    /// <summary>Has a line written soon.</summary>
    public void Say(string line)
    {
        lock (_waiting)
        {
            if (_waiting.Count < MostWaiting)
            {
                _waiting.Enqueue(line);
                Monitor.Pulse(_waiting);
            }
            else
            {
                _leftOut++;
            }
        }
    }

    /// <summary>Waits, not for ever, until everything is written.</summary>
    public void Dispose()
    {
        lock (_waiting)
        {
            _ends = true;
            Monitor.Pulse(_waiting);
        }

        _thread.Join(Patience);
    }

    private void Run()
    {
        try
        {
            while (Next() is { } lines)
            {
                foreach (string line in lines)
                {
                    _console.Error.WriteLine(line);
                }

                _console.Error.Flush();
            }
        }
        catch (IOException)
        {
            // Nobody reads any more; the session goes on without.
        }
    }

    private string[]? Next()
    {
        lock (_waiting)
        {
            while (_waiting.Count == 0 && !_ends)
            {
                Monitor.Wait(_waiting);
            }

            string[] lines = [.. _waiting, .. _leftOut > 0 ? (string[])[$"sim: {Amounts.Count(_leftOut, "line")} left out"] : []];
            _waiting.Clear();
            _leftOut = 0;
            return lines.Length > 0 ? lines : null;
        }
    }
}
