using System.Diagnostics;
using System.Text;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>
/// <c>sim bridge tap</c> in this process, on tap0 of a kernel's namespace that has 10.9.0.1 and fd09::1 there, from its readiness to
/// <see cref="Stop"/>.
/// </summary>
internal sealed class TapSession : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource _stop = new();
    private readonly SharedText _output = new();
    private readonly SharedText _error = new();
    private readonly Task<int> _ended;

    /// <summary>Starts it and waits until the device is there.</summary>
    public TapSession(KernelNamespace kernel, TemporaryFolder folder, string scenario, params string[] options)
    {
        string file = folder.Write("scenario.yaml", scenario);
        string[] args =
        [
            "bridge", "tap", "--host", file, "--netns", kernel.Name, "--address", "10.9.0.1/24", "--address", "fd09::1/64", "--out", folder.Path, .. options,
        ];
        _ended = Task.Factory.StartNew(
            () => SimProgram.Run(args, _output, _error, _stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        WaitFor("is tap0");
        kernel.WaitForAddresses();
    }

    /// <summary>Waits until standard error has a text.</summary>
    public void WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!_error.ToString().Contains(text, StringComparison.Ordinal))
        {
            Assert.True(!_ended.IsCompleted && clock.Elapsed < Limit, $"`{text}` never came:\n{_output}\n{_error}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Ctrl-C; what the program left behind.</summary>
    public Sim.Result Stop()
    {
        _stop.Cancel();
        return End();
    }

    /// <summary>Waits until it ends by itself; what it left behind.</summary>
    public Sim.Result End()
    {
        Assert.True(_ended.Wait(Limit), $"it does not stop:\n{_output}\n{_error}");
        return new Sim.Result(_ended.Result, _output.ToString(), _error.ToString());
    }

    public void Dispose()
    {
        _stop.Cancel();
        _ended.Wait(Limit);
        _stop.Dispose();
    }

    /// <summary>Text that one thread writes and another reads.</summary>
    private sealed class SharedText : TextWriter
    {
        private readonly StringBuilder _text = new();

        public SharedText() => NewLine = "\n";

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            lock (_text)
            {
                _text.Append(value);
            }
        }

        public override void Write(string? value)
        {
            lock (_text)
            {
                _text.Append(value);
            }
        }

        public override string ToString()
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }
}
