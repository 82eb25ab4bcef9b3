using System.Text;
using SimNet.Scripting.Packetdrill.Commands;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Tests.Packetdrill.Commands;

/// <summary>A machine that writes down what commands ask of it.</summary>
internal sealed class RecordingTarget : CommandTarget
{
    private readonly MemoryFiles _files = new();

    public List<string> Log { get; } = [];

    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal)
    {
        ["net.ipv4.tcp_timestamps"] = "1",
        ["net.ipv4.tcp_rmem"] = "4096\t131072\t33554432",
        ["net.ipv4.tcp_fastopen"] = "1",
        ["net.ipv4.tcp_fastopen_key"] = "00000000-00000000-00000000-00000000",
        ["net.ipv4.tcp_ecn"] = "2",
        ["net.ipv4.tcp_frto"] = "2",
        ["net.ipv4.tcp_min_tso_segs"] = "2",
    };

    public bool KnowsEverything { get; init; }

    public List<SocketTableRow> Rows { get; } = [];

    public List<KeyValuePair<string, long>> Counted { get; } = [new("TcpInSegs", 3), new("TcpRetransSegs", 0), new("TcpExtTCPTimeouts", 1)];

    public override CommandFiles Files => _files;

    public override IReadOnlyList<SocketTableRow> Sockets => Rows;

    public override IReadOnlyList<KeyValuePair<string, long>> Counters => Counted;

    public override TargetAnswer SetSysctl(string name, string value)
    {
        if (!KnowsEverything && !Settings.ContainsKey(name))
        {
            return TargetAnswer.Unknown($"unknown sysctl '{name}'");
        }

        if (!KnowsEverything && name == "net.ipv4.tcp_frto" && value != "2")
        {
            return TargetAnswer.Unsupported($"{name}={value}");
        }

        if (value == "bad")
        {
            return TargetAnswer.Refused($"{name} takes 0 to 1, not 'bad'");
        }

        Settings[name] = value;
        Log.Add($"{name}={value}");
        return TargetAnswer.Done;
    }

    public override TargetAnswer GetSysctl(string name, out string value) =>
        Settings.TryGetValue(name, out value!) ? TargetAnswer.Done : Missing(name, out value);

    private TargetAnswer Missing(string name, out string value)
    {
        value = "0";
        return KnowsEverything ? TargetAnswer.Done : TargetAnswer.Unknown($"unknown sysctl '{name}'");
    }

    public override TargetAnswer ChangeRoute(RouteChange change)
    {
        string metrics = string.Concat(change.Metrics.Select(m => $" {m.Name}={m.Text}({m.Number}){(m.IsLocked ? "!" : "")}"));
        return Done($"route {change.Verb} {change.Destination}/{change.PrefixLength} via {change.NextHop} dev {change.Device}{metrics}");
    }

    public override TargetAnswer FlushTcpMetrics(IpAddress? destination, bool mustExist) => Done($"flush {destination?.ToString() ?? "all"}");

    public override TargetAnswer ChangeQueue(QueueChange change) => change switch
    {
        { Verb: "del" } when !Log.Any(l => l.StartsWith("queue add", StringComparison.Ordinal)) =>
            TargetAnswer.Refused("Error: Cannot delete qdisc with handle of zero."),
        { Discipline: "fq" } when !KnowsEverything => TargetAnswer.Unsupported("tc qdisc fq: pacing"),
        _ => Done($"queue {change.Verb} {change.Device} {change.Discipline} limit {change.Limit}"),
    };

    public override TargetAnswer SetOffload(string device, string feature, bool on) => Done($"offload {device} {feature} {on}");

    public override TargetAnswer SetMtu(string device, int bytes) => Done($"mtu {device} {bytes}");

    public override TargetAnswer SetUp(string device, bool up) => Done($"up {device} {up}");

    public override TargetAnswer ChangeAddress(string device, IpAddress address, int prefixLength, bool add) =>
        Done($"address {device} {address}/{prefixLength} {add}");

    public override TargetAnswer SetModuleParameter(string module, string parameter, string value) =>
        KnowsEverything ? Done($"{module}.{parameter}={value}") : base.SetModuleParameter(module, parameter, value);

    public override void Sleep(Duration time) => Log.Add($"sleep {time}");

    public string? Text(string path) => _files.Read(path) is { } content ? Encoding.Latin1.GetString(content) : null;

    private TargetAnswer Done(string what)
    {
        Log.Add(what);
        return TargetAnswer.Done;
    }

    private sealed class MemoryFiles : CommandFiles
    {
        private readonly Dictionary<string, byte[]> _all = new(StringComparer.Ordinal);

        public override byte[]? Read(string path) => _all.GetValueOrDefault(path);

        public override void Write(string path, byte[] content) => _all[path] = content;

        public override bool Remove(string path) => _all.Remove(path);
    }
}
