using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip.Queues;

namespace SimNet.Scripting.Yaml;

/// <summary>Queue disciplines of interfaces.</summary>
internal sealed partial class Binder
{
    private static readonly string[] FairQueueKeys =
    [
        "flow-limit", "quantum", "initial-quantum", "maxrate", "pacing", "refill-delay", "low-rate-threshold", "timer-slack", "ce-threshold",
        "horizon", "horizon-drop",
    ];

    private QueueDefinition? InterfaceQueue(ScriptNode node, int mtu)
    {
        if (node.Kind == NodeKind.Scalar)
        {
            return _values.Word(node, "queue", ["fq", "pfifo", "bfifo"]) is { } word ? Fifo(word, null, mtu) : null;
        }

        if (MapReader.Open(node, Shapes.InterfaceQueue, _errors, "queue") is not { } map
            || map.Word("kind", "fq", "pfifo", "bfifo") is not { } kind)
        {
            return null;
        }

        if (kind == "fq")
        {
            return new QueueDefinition { Kind = kind, Fair = FairQueue(map) };
        }

        foreach (string key in FairQueueKeys)
        {
            if (map.Find(key) is { } wrong)
            {
                _errors.Add(wrong.Position, $"queue: {kind} has no `{key}`; fq has");
            }
        }

        return Fifo(kind, map.Size("limit"), mtu);
    }

    // Linux: a thousand packets (txqueuelen), or as many bytes as they have at most.
    private static QueueDefinition Fifo(string kind, long? limit, int mtu) => new()
    {
        Kind = kind,
        Limit = limit ?? (kind == "bfifo" ? 1000L * (mtu + EthernetView.HeaderLength) : 1000),
    };

    private static FairQueueOptions FairQueue(MapReader map)
    {
        FairQueueOptions usual = new();
        return usual with
        {
            Limit = (int)Math.Min(map.Size("limit") ?? usual.Limit, int.MaxValue),
            FlowLimit = map.Integer("flow-limit", 0, 1_000_000_000) ?? usual.FlowLimit,
            Quantum = map.Integer("quantum", 1, 1 << 20),
            InitialQuantum = map.Integer("initial-quantum", 0, int.MaxValue),
            MaxRate = map.Rate("maxrate") is { IsUnlimited: false } most ? most.BitsPerSecond / 8 : usual.MaxRate,
            Pacing = map.Boolean("pacing") ?? usual.Pacing,
            RefillDelay = map.Duration("refill-delay") ?? usual.RefillDelay,
            LowRateThreshold = map.Rate("low-rate-threshold") is { } low ? low.BitsPerSecond / 8 : usual.LowRateThreshold,
            TimerSlack = map.Duration("timer-slack") ?? usual.TimerSlack,
            CeThreshold = map.Duration("ce-threshold") ?? usual.CeThreshold,
            Horizon = map.Duration("horizon") ?? usual.Horizon,
            HorizonDrop = map.Boolean("horizon-drop") ?? usual.HorizonDrop,
        };
    }
}
