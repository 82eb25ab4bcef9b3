namespace SimNet.Scripting.Running;

/// <summary>The signals that programs wait for.</summary>
internal sealed class SignalBoard
{
    private readonly Dictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);

    public void Signal(string name) => Of(name).TrySetResult();

    public Task WaitAsync(string name) => Of(name).Task;

    private TaskCompletionSource Of(string name)
    {
        if (!_signals.TryGetValue(name, out TaskCompletionSource? source))
        {
            _signals[name] = source = new TaskCompletionSource();
        }

        return source;
    }
}
