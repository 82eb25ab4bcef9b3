using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Running;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Mutation;

/// <summary>A script that passes, as the writer prints it, with what its run saw.</summary>
internal sealed class MutationSubject
{
    private readonly Dictionary<ScriptEvent, int> _indices = new(ReferenceEqualityComparer.Instance);
    private readonly PacketdrillResult _result;
    private readonly ILookup<int, LivePacket> _read;

    private MutationSubject(string name, PacketdrillScript script, PacketdrillOptions options, RunTrace trace, PacketdrillResult result)
    {
        (Name, Script, Options, Trace, _result) = (name, script, options, trace, result);
        Settings = ScriptSettings.Read(script, options);
        for (int i = 0; i < script.Events.Count; i++)
        {
            _indices[script.Events[i]] = i;
        }

        _read = trace.Read.ToLookup(r => _indices[r.Line], r => r.Packet);
    }

    public string Name { get; }

    public PacketdrillScript Script { get; }

    public PacketdrillOptions Options { get; }

    public ScriptSettings Settings { get; }

    public RunTrace Trace { get; }

    /// <summary>The packets that an outbound line read; at least one where the script passed.</summary>
    public IReadOnlyList<LivePacket> ReadBy(int index) => [.. _read[index]];

    /// <summary>The same, parsed.</summary>
    public IReadOnlyList<PacketImage> ImagesReadBy(int index) => [.. _read[index].Select(p => PacketImage.Parse(p.Bytes)!)];

    public int IndexOf(ScriptEvent line) => _indices[line];

    /// <summary>Since the script's beginning.</summary>
    public Duration SinceStart(Instant time) => time - Trace.Start;

    /// <summary>When an event is due, since the script's beginning: a relative time counts from when the event before was over, between inbound
    /// packets from when that one was due.</summary>
    public Duration DueAt(int index)
    {
        EventTime time = Script.Events[index].Time;
        return time.Kind is EventTimeKind.Absolute or EventTimeKind.AbsoluteRange || index == 0 ? time.Start
            : IsInbound(index) && IsInbound(index - 1) ? DueAt(index - 1) + time.Start
            : _result.Steps[index - 1].Time + time.Start;
    }

    private bool IsInbound(int index) => Script.Events[index] is PacketEvent { Packet.Direction: PacketDirection.Inbound };

    /// <summary>Runs a script.</summary>
    public static Verdict Run(string name, string text, PacketdrillOptions options)
    {
        try
        {
            PacketdrillScript script = PacketdrillParser.Parse(text, name, PacketdrillRunner.Macros(options));
            RunTrace trace = new();
            PacketdrillResult result = PacketdrillRunner.Run(script, options, trace);
            if (result.Failure is not { } failure)
            {
                return new Verdict(new MutationSubject(name, script, options, trace, result), IsRefused: false, null, -1);
            }

            int index = script.Events.Count - 1;
            while (index >= 0 && script.Events[index].Position.Line > failure.Position.Line)
            {
                index--;
            }

            return new Verdict(null, IsRefused: false, failure.ToString(), index);
        }
        catch (ScriptException wrong)
        {
            return new Verdict(null, IsRefused: true, wrong.Message, -1);
        }
    }

    /// <summary>What came of a script.</summary>
    /// <param name="Passed">Null where it is refused or does not pass.</param>
    /// <param name="IsRefused">True where it is no script at all.</param>
    /// <param name="Failure">Why it did not pass.</param>
    /// <param name="FailedAt">The event that failed; -1 without one.</param>
    internal sealed record Verdict(MutationSubject? Passed, bool IsRefused, string? Failure, int FailedAt);
}
