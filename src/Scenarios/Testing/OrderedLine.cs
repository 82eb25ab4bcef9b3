using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace Scenarios.Testing;

/// <summary>Does pieces of work on several threads and hands their results out in the order of the pieces.</summary>
internal sealed class OrderedLine<T> : IDisposable
    where T : class
{
    // A script may be deeply nested; what the parser and its like need of it is not the machine's default to decide.
    private const int StackSize = 16 << 20;

    private readonly Func<int, T> _work;
    private readonly T?[] _results;
    private readonly Exception?[] _failures;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private int _begun;
    private int _taken;
    private bool _stopped;

    /// <summary>Begins at once.</summary>
    /// <param name="count">How many pieces.</param>
    /// <param name="threads">How many are done at a time.</param>
    /// <param name="work">Does the piece of this number.</param>
    public OrderedLine(int count, int threads, Func<int, T> work)
    {
        _work = work;
        _results = new T?[count];
        _failures = new Exception?[count];
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Loop, StackSize) { IsBackground = true, Name = $"scripts {i}" })];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Waits for the next piece's result; false when all have been taken. What the work threw is thrown here.</summary>
    public bool TryTake([NotNullWhen(true)] out T? result)
    {
        result = null;
        if (_taken == _results.Length)
        {
            return false;
        }

        lock (_gate)
        {
            while (_results[_taken] is null && _failures[_taken] is null)
            {
                Monitor.Wait(_gate);
            }
        }

        if (_failures[_taken] is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        result = _results[_taken]!;
        _results[_taken++] = null;
        return true;
    }

    /// <summary>Begins no further piece and waits for those under way.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _stopped, true);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Loop()
    {
        while (!Volatile.Read(ref _stopped))
        {
            int i = Interlocked.Increment(ref _begun) - 1;
            if (i >= _results.Length)
            {
                return;
            }

            T? result = null;
            Exception? failure = null;
            try
            {
                result = _work(i);
            }
            catch (Exception exception)
            {
                // Thrown again where the result is taken.
                failure = exception;
            }

            lock (_gate)
            {
                (_results[i], _failures[i]) = (result, failure);
                Monitor.PulseAll(_gate);
            }
        }
    }
}
