using System.Runtime.CompilerServices;

namespace SimNet.Hosts;

/// <summary>A program in a simulation, written with <c>await</c>.</summary>
public sealed class Application
{
    private readonly Simulation _simulation;

    // Let go of at the end, with all that its code held.
    private Func<Task>? _body;

    internal Application(Simulation simulation, string name, Func<Task> body)
    {
        _simulation = simulation;
        Name = name;
        _body = body;
    }

    /// <summary>The name it was started with.</summary>
    public string Name { get; }

    /// <summary>True once its code has begun.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>True once it has come to its end.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>What left its code; null: nothing has.</summary>
    public Exception? Failure { get; private set; }

    public override string ToString() => $"{Name} ({(IsCompleted ? "ended" : IsStarted ? "running" : "not started")})";

    /// <summary>
    /// Runs on the loop; what the code throws, at once or later, leaves the loop's Run as it is, unless <see cref="Simulation.ApplicationFailed"/>
    /// says otherwise.
    /// </summary>
    internal void Begin()
    {
        IsStarted = true;
        TaskAwaiter awaiter;
        try
        {
            awaiter = _body!().GetAwaiter();
        }
        catch (Exception failure) when (Fail(failure))
        {
            return;
        }

        if (awaiter.IsCompleted)
        {
            End(awaiter);
        }
        else
        {
            // An event of its own: what a continuation throws would go to the thread pool.
            awaiter.OnCompleted(() => _simulation.Loop.Post(_simulation.Now, () => End(awaiter)));
        }
    }

    private void End(TaskAwaiter awaiter)
    {
        IsCompleted = true;
        _body = null;
        try
        {
            awaiter.GetResult();
        }
        catch (Exception failure) when (Fail(failure))
        {
            // It alone has ended.
        }
    }

    /// <returns>True: the run goes on.</returns>
    private bool Fail(Exception failure)
    {
        IsCompleted = true;
        _body = null;
        Failure = failure;
        return _simulation.ApplicationFailed?.Invoke(this, failure) ?? false;
    }
}
