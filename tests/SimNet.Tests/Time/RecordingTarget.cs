using SimNet.Time;
using SimStack;

namespace SimNet.Tests.Time;

/// <summary>Notes what it was called with.</summary>
internal sealed class RecordingTarget : EventTarget
{
    public List<(Instant Now, long Argument)> Calls { get; } = [];

    public override string Description => "recorder";

    public override void Run(Instant now, long argument) => Calls.Add((now, argument));
}
