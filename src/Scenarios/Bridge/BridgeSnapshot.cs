using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Scripting.Running;
using SimStack;
using SimStack.Sockets;

namespace Scenarios.Bridge;

/// <summary>What the live table shows, as it was at one moment: taken on the session's thread, drawn on another, and taken again into the same room.</summary>
internal sealed class BridgeSnapshot
{
    private const int BusiestOfHost = 16;

    private readonly LiveScenario _live;
    private readonly BridgeSession _session;

    public BridgeSnapshot(LiveScenario live, BridgeSession session)
    {
        _live = live;
        _session = session;
        Devices = new DeviceView[session.Devices.Count];
        Hosts = [.. live.Simulation.Hosts.Select(h => new HostView(h, new SocketOverview(BusiestOfHost)))];
        Links = [.. live.Simulation.Links.SelectMany(l => (LinkDirection[])[l.AToB, l.BToA]).Select(d => new LinkView(d))];
    }

    /// <summary>A device's counters.</summary>
    internal record struct DeviceView(string Port, string Name, long RxFrames, long RxBytes, long RxDropped, long TxFrames, long TxBytes, long TxDropped);

    /// <summary>A host's sockets.</summary>
    internal sealed record HostView(SimHost Host, SocketOverview Sockets);

    /// <summary>What a direction of a link lost, and what waits in its queue.</summary>
    internal sealed record LinkView(LinkDirection Direction)
    {
        public long Dropped { get; set; }

        public int Queued { get; set; }

        public long QueuedBytes { get; set; }
    }

    public Duration Elapsed { get; private set; }

    public Duration Lag { get; private set; }

    public Duration LongestLag { get; private set; }

    public Duration LongestStall { get; private set; }

    public long Slips { get; private set; }

    public Duration Slipped { get; private set; }

    public DeviceView[] Devices { get; }

    public HostView[] Hosts { get; }

    public LinkView[] Links { get; }

    /// <summary>Looks at everything; on the session's thread.</summary>
    public void Take()
    {
        BridgeStatistics statistics = _session.Statistics;
        Instant now = _live.Simulation.Now;
        (Elapsed, Lag, LongestLag, LongestStall) = (statistics.Elapsed, statistics.Lag, statistics.LongestLag, statistics.LongestStall);
        (Slips, Slipped) = (statistics.Slips, statistics.Slipped);
        for (int i = 0; i < Devices.Length; i++)
        {
            (BridgePort port, FrameDevice device) = _session.Devices[i];
            DeviceCounters c = device.Counters;
            Devices[i] = new DeviceView(port.Name, device.Name, c.RxFrames, c.RxBytes, c.RxDropped, c.TxFrames, c.TxBytes, c.TxDropped);
        }

        foreach (HostView host in Hosts)
        {
            host.Host.Stack.LookAtSockets(now, host.Sockets);
        }

        foreach (LinkView link in Links)
        {
            link.Dropped = link.Direction.Counters.TotalDropped;
            link.Queued = link.Direction.QueuedPackets;
            link.QueuedBytes = link.Direction.QueuedBytes;
        }
    }
}
