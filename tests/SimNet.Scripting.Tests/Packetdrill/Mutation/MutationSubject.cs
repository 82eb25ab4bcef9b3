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
    private readonly ILookup<int, LivePacket> _read;

    private MutationSubject(string name, PacketdrillScript script, PacketdrillOptions options, RunTrace trace)
    {
        (Name, Script, Options, Trace) = (name, script, options, trace);
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

    /// <summary>When the line's packet came, or the line's own absolute time; since the script's beginning.</summary>
    public Duration ExpectedAt(int index)
    {
        if (index < 0)
        {
            return Duration.Zero;
        }

        EventTime time = Script.Events[index].Time;
        return time.Kind is EventTimeKind.Absolute or EventTimeKind.AbsoluteRange ? time.Start : ExpectedAt(index - 1) + time.Start;
    }

    /// <summary>Runs a script.</summary>
    public static Verdict Run(string name, string text, PacketdrillOptions options)
    {
        try
        {
            PacketdrillScript script = PacketdrillParser.Parse(text, name, PacketdrillRunner.Macros(options));
            RunTrace trace = new();
            if (PacketdrillRunner.Run(script, options, trace).Failure is not { } failure)
            {
                return new Verdict(new MutationSubject(name, script, options, trace), IsRefused: false, null, -1);
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
