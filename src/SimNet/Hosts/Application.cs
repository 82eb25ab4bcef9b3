using System.Runtime.CompilerServices;
using SimNet.Time;

namespace SimNet.Hosts;

/// <summary>A program in a simulation, written with <c>await</c>.</summary>
public sealed class Application
{
    private readonly EventLoop _loop;
    private readonly Func<Task> _body;

    internal Application(EventLoop loop, string name, Func<Task> body)
    {
        _loop = loop;
        Name = name;
        _body = body;
    }

    /// <summary>The name it was started with.</summary>
    public string Name { get; }

    /// <summary>True once its code has begun.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>True once it has come to its end.</summary>
    public bool IsCompleted { get; private set; }

    public override string ToString() => $"{Name} ({(IsCompleted ? "ended" : IsStarted ? "running" : "not started")})";

    /// <summary>Runs on the loop; what the code throws, at once or later, leaves the loop's Run as it is.</summary>
    internal void Begin()
    {
        IsStarted = true;
        TaskAwaiter awaiter = _body().GetAwaiter();
        if (awaiter.IsCompleted)
        {
            End();
        }
        else
        {
            // An event of its own: what a continuation throws would go to the thread pool.
            awaiter.OnCompleted(() => _loop.Post(_loop.Now, End));
        }

        void End()
        {
            IsCompleted = true;
            awaiter.GetResult();
        }
    }
}
