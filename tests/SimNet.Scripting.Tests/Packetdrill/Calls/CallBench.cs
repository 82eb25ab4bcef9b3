using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>A process on a machine without a network: calls one after the other, each as a script writes it.</summary>
internal sealed class CallBench
{
    public CallBench(PacketdrillIpVersion version = PacketdrillIpVersion.Ipv4)
    {
        Machine = new TestMachine(new TestMachineOptions { IpVersion = version });
        Process = new ScriptProcess(Machine, Files);
    }

    public TestMachine Machine { get; }

    public VirtualFiles Files { get; } = new();

    public ScriptProcess Process { get; }

    /// <summary>Makes every call of the text, separated by semicolons; the outcome of the last, as a user reads it.</summary>
    public string Run(string calls)
    {
        string outcome = "";
        foreach (string call in calls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.True(outcome is "" or "ok", $"before {call}: {outcome}");
            PacketdrillScript script = PacketdrillParser.Parse($"0 {call}\n", "calls", new Dictionary<string, string>());
            SystemCallEvent line = Assert.IsType<SystemCallEvent>(Assert.Single(script.Events));
            outcome = Describe(Process.Start(line, Machine.Now));
        }

        return outcome;
    }

    /// <summary>Lets time pass up to the next timeout of the call that waits; what becomes of it.</summary>
    public string RunToDeadline()
    {
        Machine.AdvanceTo(Process.Deadline);
        return Describe(Process.Resume(Machine.Now));
    }

    private static string Describe(CallOutcome? outcome) => outcome switch
    {
        CallOutcome.Finished => "ok",
        CallOutcome.Blocked => "blocked",
        CallOutcome.Failed failed => failed.Message,
        CallOutcome.Unsupported unsupported => unsupported.Message,
        _ => "waits",
    };
}
