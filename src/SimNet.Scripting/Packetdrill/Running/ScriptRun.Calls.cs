using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>System calls, on the script's own thread and, blocking ones, on a second one.</summary>
internal sealed partial class ScriptRun
{
    private PacketdrillFailure? RunCall(ScheduledEvent scheduled, SystemCallEvent call)
    {
        // As the tool: a call waits for the blocked one before it, but not for ever.
        bool blocks = scheduled.BlockingEnd is not null;
        PacketdrillFailure? failure = AwaitIdle(isEnd: false);
        if (failure is null && _blocked is not null && blocks)
        {
            string name = ((SystemCallEvent)_blocked.Event).Call.Name;
            return new PacketdrillFailure(call.Position, $"expected {call.Call.Name}() to block got {name}() of line {_blocked.Event.Position.Line} blocked still");
        }

        failure ??= WaitFor(scheduled, $"{call.Call.Name}()");
        if (failure is not null)
        {
            return failure;
        }

        CallOutcome outcome = _process.Start(call, _machine.Now);
        _machine.Collect();
        if (outcome is not CallOutcome.Blocked)
        {
            return Check(outcome, scheduled);
        }

        if (blocks)
        {
            _blocked = scheduled;
            return null;
        }

        return AwaitReturn(scheduled, call);
    }

    // A call without "..." that blocks stops the script: only the machine's timers and the call's own timeout can end it.
    private PacketdrillFailure? AwaitReturn(ScheduledEvent scheduled, SystemCallEvent call)
    {
        Instant limit = _machine.Now + LongestCall;
        ScheduledEvent? other = _blocked;
        _blocked = scheduled;
        while (_blocked == scheduled && Step(limit, out PacketdrillFailure? failure))
        {
            if (failure is not null)
            {
                return failure;
            }
        }

        if (_blocked != scheduled)
        {
            _blocked = other;
            return null;
        }

        return new PacketdrillFailure(call.Position, $"expected {call.Call.Name}() to return got it blocked for ever");
    }

    /// <summary>Wakes the blocked call if it can go on now.</summary>
    private PacketdrillFailure? ResumeCalls()
    {
        if (_blocked is not { } blocked || _process.Resume(_machine.Now) is not { } outcome)
        {
            return null;
        }

        _machine.Collect();
        _blocked = null;
        return Check(outcome, blocked);
    }

    private PacketdrillFailure? AwaitIdle(bool isEnd)
    {
        Instant limit = _machine.Now + IdleWait;
        while (_blocked is not null && Step(limit, out PacketdrillFailure? failure))
        {
            if (failure is not null)
            {
                return failure;
            }
        }

        return isEnd && _blocked is { Event: SystemCallEvent call }
            ? new PacketdrillFailure(call.Position, $"expected {call.Call.Name}() to return got it blocked at the script's end")
            : null;
    }

    // A call that was not meant to block and did is told as such: what it returned then seldom says why.
    private string Blocked(ScheduledEvent scheduled)
    {
        Duration blocked = _timeline.ToScript(_machine.Now) - scheduled.Time;
        return scheduled.BlockingEnd is null && blocked > _timeline.ToleranceOf(scheduled)
            ? $", after it blocked for {Timeline.Text(blocked)} s; a call that shall block is written `+0...0.2 {((SystemCallEvent)scheduled.Event).Call.Name}(…)`"
            : "";
    }

    private PacketdrillFailure? Check(CallOutcome outcome, ScheduledEvent scheduled)
    {
        var call = (SystemCallEvent)scheduled.Event;
        switch (outcome)
        {
            case CallOutcome.Unsupported unsupported:
                return new PacketdrillFailure(call.Position, unsupported.Message) { UnsupportedFeature = unsupported.Feature };
            case CallOutcome.Failed failed:
                return new PacketdrillFailure(call.Position, failed.Message + Blocked(scheduled));
            case CallOutcome.Finished finished:
                _trace?.Returned.Add((call, finished.Result, _machine.Now));
                break;
        }

        return scheduled.BlockingEnd is not null && _timeline.VerifyReturn(scheduled, _machine.Now, call.Call.Name) is { } late
            ? new PacketdrillFailure(call.Position, late)
            : null;
    }
}
