namespace SimStack.Ip.Queues;

/// <summary>The parameters of <see cref="FairQueue"/> by the names of tc-fq(8), with Linux's defaults (net/sched/sch_fq.c: fq_init).</summary>
public sealed record FairQueueOptions
{
    /// <summary>limit: packets of each band that wait at most.</summary>
    public int Limit { get; init; } = 10_000;

    /// <summary>flow_limit: packets of one flow that wait at most.</summary>
    public int FlowLimit { get; init; } = 100;

    /// <summary>quantum: bytes that a flow may send in one turn, 1 to 1,048,576; null: two full packets of the interface.</summary>
    public int? Quantum { get; init; }

    /// <summary>initial_quantum: bytes of a new flow's first turn; null: ten full packets.</summary>
    public int? InitialQuantum { get; init; }

    /// <summary>maxrate: bytes per second of any flow; long.MaxValue: no limit.</summary>
    public long MaxRate { get; init; } = long.MaxValue;

    /// <summary>pacing or nopacing: whether rates are heeded, and TCP leaves pacing to the queue.</summary>
    public bool Pacing { get; init; } = true;

    /// <summary>refill_delay: a flow that was idle for longer begins with a whole quantum.</summary>
    public Duration RefillDelay { get; init; } = Duration.FromMilliseconds(40);

    /// <summary>low_rate_threshold: slower flows, in bytes per second, are paced packet by packet instead of quantum by quantum.</summary>
    public long LowRateThreshold { get; init; } = 550_000 / 8;

    /// <summary>timer_slack: how late the timer is, at most and here always.</summary>
    public Duration TimerSlack { get; init; } = Duration.FromMicroseconds(10);

    /// <summary>ce_threshold: ECN-capable packets that leave later than they could have by more than this are marked.</summary>
    public Duration CeThreshold { get; init; } = Duration.FromMicroseconds(uint.MaxValue);

    /// <summary>horizon: how far ahead a time of departure may lie.</summary>
    public Duration Horizon { get; init; } = Duration.FromSeconds(10);

    /// <summary>horizon_drop or horizon_cap: packets beyond the horizon are dropped, or leave at the horizon.</summary>
    public bool HorizonDrop { get; init; } = true;

    /// <summary>orphan_mask: into how many flows, less one, packets that belong to no socket are sorted.</summary>
    public uint OrphanMask { get; init; } = 1023;

    /// <summary>buckets: flows that are remembered when idle before the longest idle ones are forgotten.</summary>
    public int Buckets { get; init; } = 1024;

    /// <summary>priomap: the band, 0 to 2, of each of the 16 priorities.</summary>
    public IReadOnlyList<int> PriorityMap { get; init; } = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];

    /// <summary>weights: bytes that each of the three bands may send before the next one has its turn.</summary>
    public IReadOnlyList<int> Weights { get; init; } = [589_824, 196_608, 65_536];
}
