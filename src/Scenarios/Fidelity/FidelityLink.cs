using Scenarios.Bench;
using Scenarios.Bridge;

namespace Scenarios.Fidelity;

/// <summary>A path that both kinds of hosts are compared on: settings of a link as `sim bridge wan` takes them.</summary>
/// <param name="Name">For results and files.</param>
/// <param name="Bytes">Payload of a transfer.</param>
/// <param name="Rate">Each way.</param>
/// <param name="Delay">Each way.</param>
/// <param name="Loss">Of frames, each way; null: none.</param>
/// <param name="Queue">Frames that wait for the rate; null: any number.</param>
internal sealed record FidelityLink(string Name, long Bytes, string Rate, string Delay, string? Loss, string? Queue)
{
    /// <summary>Those that are compared unless another is asked for: two where losses decide, one where the queue does, two without SACK.</summary>
    public static readonly FidelityLink[] Usual =
    [
        new("10mbit-1-percent", 2_000_000, "10Mbit", "30ms", "1%", "100"),
        new("50mbit-half-percent", 8_000_000, "50Mbit", "10ms", "0.5%", "200"),
        new("20mbit-queue", 12_000_000, "20Mbit", "20ms", null, "60"),
        Disordered("20mbit-no-sack"),
        Disordered("20mbit-no-sack-no-timestamps", new SysctlSetting("net.ipv4.tcp_timestamps", "0")),
    ];

    /// <summary>Of frames, each way, held back so that later ones overtake; null: none.</summary>
    public string? Reorder { get; init; }

    /// <summary>Of frames, each way, that arrive twice; null: none.</summary>
    public string? Duplicate { get; init; }

    /// <summary>Of both kinds of hosts, besides the usual ones or in their place.</summary>
    public IReadOnlyList<SysctlSetting> Sysctls { get; init; } = [];

    /// <summary>All sysctls that hosts on this link are given, the last of a name being the one that counts.</summary>
    public IEnumerable<SysctlSetting> AllSysctls => HostSettings.Sysctls.Concat(Sysctls);

    private static FidelityLink Disordered(string name, params SysctlSetting[] sysctls) => new(name, 3_000_000, "20Mbit", "10ms", "1%", "300")
    {
        Reorder = "probability=1%,delay=5ms",
        Duplicate = "1%",
        Sysctls = [new SysctlSetting("net.ipv4.tcp_sack", "0"), .. sysctls],
    };

    /// <summary>The scenario that `sim bridge wan` with these options runs.</summary>
    public string Script()
    {
        var script = new WanScript("tap0", "tap0", "sim bench fidelity");
        script.Set("rate", Rate, "--rate");
        script.Set("delay", Delay, "--delay");
        if (Loss is not null)
        {
            script.Set("loss", Loss, "--loss");
        }

        if (Reorder is not null)
        {
            script.Set("reorder", Reorder, "--reorder");
        }

        if (Duplicate is not null)
        {
            script.Set("duplicate", Duplicate, "--duplicate");
        }

        if (Queue is not null)
        {
            script.Set("queue", Queue, "--queue");
        }

        return script.ToText();
    }

    /// <summary>In words.</summary>
    public string Describe() =>
        $"{Bytes} bytes, {Rate}, {Delay} each way, {(Loss is null ? "no random loss" : $"loss {Loss} each way")}"
        + (Reorder is null ? "" : $", reordering {Reorder} each way")
        + (Duplicate is null ? "" : $", duplication {Duplicate} each way")
        + (Queue is null ? "" : $", queue of {Queue} frames")
        + string.Concat(Sysctls.Select(s => $", {s}"));
}
