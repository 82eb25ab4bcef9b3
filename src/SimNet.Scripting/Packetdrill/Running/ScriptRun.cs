using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Code;
using SimNet.Scripting.Packetdrill.Commands;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// One run of a script: its events one after the other, each when it is due. What the machine does meanwhile takes no time, so that only
/// its timers and the script's own times make the clock go on; the real tool's noise of the processor has no counterpart here. A timer
/// that is due at the instant of an event runs before it.
/// </summary>
internal sealed partial class ScriptRun
{
    // How long the tool waits for a blocked call before another one and at the end.
    private static readonly Duration IdleWait = Duration.FromSeconds(1);

    // A call that blocks where the script says nothing of it: after so long nothing will wake it.
    private static readonly Duration LongestCall = Duration.FromSeconds(86_400);

    // No script means to see so many: connections that answer each other for ever.
    private const int MostPackets = 1_000_000;

    private readonly PacketdrillScript _script;
    private readonly RunTrace? _trace;
    private readonly ScriptSettings _settings;
    private readonly TestMachine _machine;
    private readonly Timeline _timeline;
    private readonly PacketExchange _exchange;
    private readonly ScriptProcess _process;
    private readonly MachineCommands _commands;
    private readonly CodeScope _scope = new();
    private readonly Dictionary<CodeEvent, CodeBlock> _code = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _output = [];
    private readonly List<PacketdrillStep> _steps = [];

    // A tick of a kernel built with HZ=100.
    private static readonly Duration MostLateness = Duration.FromMilliseconds(10);

    // When the outbound packet that is waited for may come at the soonest.
    private Instant _soonest = new(long.MinValue);

    // The blocking call on the second thread.
    private ScheduledEvent? _blocked;

    /// <exception cref="ScriptException">The script is wrong.</exception>
    public ScriptRun(PacketdrillScript script, PacketdrillOptions options, RunTrace? trace)
    {
        _script = script;
        _trace = trace;
        _settings = ScriptSettings.Read(script, options);
        if (Timeline.Check(script) is { } error)
        {
            throw new ScriptException([error]);
        }

        foreach (CodeEvent code in script.Events.OfType<CodeEvent>())
        {
            _code[code] = CodeBlock.Parse(code.Code.Text, code.Code.Position);
        }

        _machine = new TestMachine(_settings.MachineOptions()) { TimestampTolerance = _settings.Tolerance };
        VirtualFiles files = new();
        _timeline = new Timeline(_settings.Tolerance, _settings.TolerancePercent);
        _exchange = new PacketExchange(_machine, _settings);
        _process = new ScriptProcess(_machine, files);
        _commands = new MachineCommands(_machine, files, time => WaitUntil(_machine.Now + time));
    }

    /// <summary>Runs it to its end or to the first line that does not hold.</summary>
    public PacketdrillResult Run()
    {
        PacketdrillFailure? failure = _settings.Refusal ?? RunCommand(_script.InitialCommand);
        _timeline.Start = _machine.ScriptStart = _machine.Now;
        if (failure is null)
        {
            failure = RunEvents() ?? AwaitIdle(isEnd: true);
            failure ??= RunCommand(_script.CleanupCommand);
        }

        List<PacketdrillPacket> packets = new(_machine.History.Count);
        foreach (LivePacket packet in _machine.History)
        {
            packets.Add(new PacketdrillPacket(_timeline.ToScript(packet.Time), packet.Outbound, packet.Bytes));
        }

        if (_trace is not null)
        {
            (_trace.Packets, _trace.Start, _trace.End) = (_machine.History, _timeline.Start, _machine.Now);
        }

        return new PacketdrillResult(failure, _steps, packets, _timeline.ToScript(_machine.Now), _output);
    }

    private PacketdrillFailure? RunEvents()
    {
        foreach (ScriptEvent next in _script.Events)
        {
            ScheduledEvent scheduled = _timeline.Schedule(next, _machine.Now);
            PacketdrillFailure? failure = next switch
            {
                PacketEvent packet => RunPacket(scheduled, packet.Packet),
                SystemCallEvent call => RunCall(scheduled, call),
                CommandEvent command => WaitFor(scheduled, "command") ?? RunCommand(command.Command),
                CodeEvent code => WaitFor(scheduled, "code block") ?? RunCode(code),
                _ => throw new InvalidOperationException($"{next.GetType().Name} cannot be run."),
            };
            failure ??= ResumeCalls();
            if (failure is not null)
            {
                return failure;
            }

            _timeline.Finish(scheduled);
            _steps.Add(new PacketdrillStep(next.Position, _timeline.ToScript(_machine.Now), _machine.History.Count));
        }

        return null;
    }

    /// <summary>Lets the machine go on until the event is due.</summary>
    private PacketdrillFailure? WaitFor(ScheduledEvent scheduled, string description)
    {
        if (WaitUntil(_timeline.ToLive(scheduled.Time)) is { } failure)
        {
            return failure;
        }

        return _timeline.Last is not null && _timeline.Verify(scheduled, _machine.Now, description) is { } late
            ? new PacketdrillFailure(scheduled.Event.Position, late)
            : null;
    }

    private PacketdrillFailure? WaitUntil(Instant time)
    {
        while (Step(time, out PacketdrillFailure? failure))
        {
            if (failure is not null)
            {
                return failure;
            }
        }

        return null;
    }

    /// <summary>Goes on to the next instant at which anything happens; false when there is none up to the limit, where the clock then is.</summary>
    private bool Step(Instant limit, out PacketdrillFailure? failure)
    {
        failure = _machine.History.Count > MostPackets
            ? new PacketdrillFailure(_script.Position, $"expected an end got more than {MostPackets} packets")
            : null;
        if (failure is not null)
        {
            return true;
        }

        Instant wake = _process.Deadline;
        if (wake <= limit && wake < _machine.NextDeadline)
        {
            _machine.AdvanceTo(wake);
            failure = ResumeCalls();
            return true;
        }

        if (IsToBeLate(_machine.NextDeadline))
        {
            _machine.StepLate(_soonest);
        }
        else if (!_machine.Step(limit))
        {
            return false;
        }

        failure = ResumeCalls();
        return true;
    }

    /// <summary>
    /// Timers of a kernel fire late, by up to a tick and what they were rounded up by; how late is its chance, and which tick, its build's. A
    /// timer that would send the expected packet too soon is therefore late, by no more than a tick of the slowest builds.
    /// </summary>
    private bool IsToBeLate(Instant deadline) =>
        deadline > _machine.Now && deadline < _soonest && _soonest - deadline <= MostLateness;

    private PacketdrillFailure? RunCode(CodeEvent code)
    {
        SocketUnderTest? socket = _machine.Sockets.UnderTest;
        if (socket is null || socket.Descriptor < 0 || socket.IsClosed)
        {
            string why = socket is null ? "there is no socket" : socket.IsClosed ? "the socket is closed" : "the connection is not accepted yet";
            return new PacketdrillFailure(code.Position, $"expected TCP_INFO for the code block got nothing: {why}");
        }

        _trace?.Told.Add((code, (socket.Socket as TcpSocket)?.GetInfo(_machine.Now), _machine.Now));
        CodeOutcome outcome = _code[code].Run(_scope, SocketFacts.Of(socket, _machine.Now));
        AddOutput(outcome.Output);
        return outcome.Kind switch
        {
            CodeOutcomeKind.Passed => null,
            CodeOutcomeKind.Unsupported => new PacketdrillFailure(outcome.Position, outcome.Message) { UnsupportedFeature = Feature(outcome.Message) },
            _ => new PacketdrillFailure(outcome.Position, outcome.Message),
        };
    }

    private PacketdrillFailure? RunCommand(SourceText? command)
    {
        if (command is null)
        {
            return null;
        }

        CommandOutcome outcome = ShellCommands.Run(command.Text, command.Position, _commands);
        _machine.Collect();
        return outcome.Kind switch
        {
            CommandOutcomeKind.Succeeded => null,
            CommandOutcomeKind.Unsupported => new PacketdrillFailure(outcome.Position, outcome.Message) { UnsupportedFeature = Feature(outcome.Message) },
            _ => new PacketdrillFailure(outcome.Position, outcome.Message),
        };
    }

    private void AddOutput(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _output.Add(line);
        }
    }

    private static string Feature(string message) => message.EndsWith(" is not supported yet", StringComparison.Ordinal)
        ? message[..^" is not supported yet".Length]
        : message;
}
