using System.Diagnostics;
using SimNet.Bridge;
using SimNet.Scripting.Running;
using SimStack;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Scenarios.Bridge;

/// <summary>
/// The live table of a bridge on a terminal. The session's thread only looks, and briefly: what it saw is drawn by a thread of its own,
/// which may be as slow as the terminal.
/// </summary>
internal sealed class BridgeDisplay : IDisposable
{
    private const int LinesKept = 5;
    private static readonly Duration Interval = Duration.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly SimConsole _console;
    private readonly LiveScenario _live;
    private readonly BridgeSession _session;
    private readonly AutoResetEvent _taken = new(initialState: false);
    private readonly Queue<string> _said = new();
    private readonly Thread _thread;
    private volatile bool _ends;

    // Handed from one thread to the other and back; never in two hands.
    private BridgeSnapshot? _latest;
    private BridgeSnapshot? _spare;
    private Instant _notBefore;

    public BridgeDisplay(SimConsole console, LiveScenario live, BridgeSession session)
    {
        _console = console;
        _live = live;
        _session = session;
        session.Every(Interval, Take);
        _thread = new Thread(Draw) { IsBackground = true, Name = "live table" };
        _thread.Start();
    }

    /// <summary>Shows a line of a program's account beneath the table.</summary>
    public void Say(string line)
    {
        lock (_said)
        {
            _said.Enqueue(line);
            if (_said.Count > LinesKept)
            {
                _said.Dequeue();
            }
        }
    }

    public void Dispose()
    {
        _ends = true;
        _taken.Set();
        if (_thread.Join(Patience))
        {
            _taken.Dispose();
        }
    }

    private void Take()
    {
        if (_session.Statistics.Elapsed < _notBefore - Instant.Zero)
        {
            return;
        }

        BridgeSnapshot snapshot = Interlocked.Exchange(ref _latest, null) ?? Interlocked.Exchange(ref _spare, null) ?? new BridgeSnapshot(_live, _session);
        long began = Stopwatch.GetTimestamp();
        snapshot.Take();
        // With very many connections a look takes its time; then it is done less often, so that it never takes more than a hundredth.
        Duration took = Duration.FromTimeSpan(Stopwatch.GetElapsedTime(began));
        _notBefore = Instant.Zero + _session.Statistics.Elapsed + took * 100;
        Interlocked.Exchange(ref _latest, snapshot);
        _taken.Set();
    }

    private void Draw()
    {
        try
        {
            IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.Yes,
                Interactive = InteractionSupport.Yes,
                ColorSystem = _console.ErrorHasColour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(_console.Error),
            });
            Fit(terminal);
            BridgeTable table = new(_console.ErrorHasColour);
            terminal.Live(new Text("")).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom)
                .Start(context => Follow(terminal, table, context));
            _console.Error.Flush();
        }
        catch (IOException)
        {
            // The terminal is gone; the session goes on without.
        }
    }

    private void Follow(IAnsiConsole terminal, BridgeTable table, LiveDisplayContext context)
    {
        while (true)
        {
            _taken.WaitOne();
            if (_ends)
            {
                return;
            }

            if (Interlocked.Exchange(ref _latest, null) is { } snapshot)
            {
                Fit(terminal);
                string[] said;
                lock (_said)
                {
                    said = [.. _said];
                }

                IRenderable drawn = table.Draw(snapshot, said, terminal.Profile.Height - 1);
                Interlocked.Exchange(ref _spare, snapshot);
                context.UpdateTarget(drawn);
                _console.Error.Flush();
            }
        }
    }

    // The window may be made larger or smaller at any time.
    private static void Fit(IAnsiConsole terminal)
    {
        try
        {
            terminal.Profile.Width = Math.Max(40, Console.WindowWidth);
            terminal.Profile.Height = Math.Max(8, Console.WindowHeight);
        }
        catch (IOException)
        {
            // Nobody tells: 80 by 24.
        }
    }
}
