using SimNet.Links;
using SimStack;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>
/// The wire between the two stacks, in the test's hands: what it holds stays until it is let go, so that what crosses on the way does so
/// however slow the machine is.
/// </summary>
internal sealed class Wire : FaultRule
{
    private readonly BridgedHost _bridged;
    private readonly List<Entry> _entries = [];
    private long _frames;
    private SegmentLog? _log;

    public Wire(BridgedHost bridged)
    {
        _bridged = bridged;
        Do(() => bridged.Link.AddRule(this));
    }

    /// <summary>Packets that matched so far, of each thing asked for.</summary>
    public sealed class Entry
    {
        private long _count;

        internal FrameMatch Match { get; init; } = new();
        internal FaultAction Action { get; init; }
        internal long Most { get; init; } = long.MaxValue;
        internal List<(LinkSide Side, byte[] Bytes)>? Held { get; init; }

        /// <summary>Packets that matched.</summary>
        public long Count
        {
            get => Interlocked.Read(ref _count);
            internal set => Interlocked.Exchange(ref _count, value);
        }
    }

    /// <summary>Counts packets that one side sends.</summary>
    public Entry Watch(Peer from, FrameMatch match) => Add(new Entry { Match = From(from, match) });

    /// <summary>Loses packets that one side sends, the first few or all until <see cref="Release"/>.</summary>
    public Entry Drop(Peer from, FrameMatch match, long most = long.MaxValue) =>
        Add(new Entry { Match = From(from, match), Action = FaultAction.Drop, Most = most });

    /// <summary>Does something else to packets that one side sends.</summary>
    public Entry Change(Peer from, FrameMatch match, FaultAction action, long most = long.MaxValue) =>
        Add(new Entry { Match = From(from, match), Action = action, Most = most });

    /// <summary>Keeps packets that one side sends until <see cref="Release"/>.</summary>
    public Entry Hold(Peer from, FrameMatch match) => Add(new Entry { Match = From(from, match), Action = FaultAction.Drop, Held = [] });

    /// <summary>Lets packets that one side sends pass, and sends copies of them at <see cref="Release"/>.</summary>
    public Entry Keep(Peer from, FrameMatch match) => Add(new Entry { Match = From(from, match), Held = [] });

    /// <summary>Stops what was asked for; what was held goes on its way.</summary>
    public void Release(Entry entry) => Do(() =>
    {
        _entries.Remove(entry);
        foreach ((LinkSide side, byte[] bytes) in entry.Held ?? [])
        {
            LinkDirection direction = side == LinkSide.AToB ? _bridged.Link.AToB : _bridged.Link.BToA;
            direction.Send(_bridged.Simulation.Now, _bridged.Simulation.FramePool.Copy(bytes));
        }
    });

    /// <summary>Packets held so far are forgotten, and those to come go through.</summary>
    public void Forget(Entry entry) => Do(() => _entries.Remove(entry));

    /// <summary>True, as segments are asked for by their numbers.</summary>
    public override bool NeedsFlows => true;

    /// <summary>Writes down what passes; null: no longer.</summary>
    public void Log(SegmentLog? log) => Do(() => _log = log);

    /// <summary>Waits until nothing has passed for a while in which the bridge ran.</summary>
    /// <param name="milliseconds">More than 40 for what a delayed acknowledgement may bring.</param>
    public void Settle(int milliseconds = 30)
    {
        long before;
        do
        {
            before = Interlocked.Read(ref _frames);
            Do(() => { });
            Thread.Sleep(milliseconds);
            Do(() => { });
        }
        while (before != Interlocked.Read(ref _frames));
    }

    public override FaultAction Decide(in FrameSummary frame)
    {
        Interlocked.Increment(ref _frames);
        _log?.Add(in frame);
        FaultAction action = FaultAction.None;
        foreach (Entry entry in _entries)
        {
            if (!entry.Match.Matches(in frame))
            {
                continue;
            }

            entry.Count++;
            if (action.Kind == FaultKind.None && entry.Count <= entry.Most)
            {
                entry.Held?.Add((frame.Side, frame.Frame.ToArray()));
                action = entry.Action;
            }
        }

        return action;
    }

    /// <summary>The direction in which a peer sends.</summary>
    public static LinkSide SideOf(Peer from) => from is KernelPeer ? LinkSide.AToB : LinkSide.BToA;

    private static FrameMatch From(Peer from, FrameMatch match) =>
        match with { Side = SideOf(from), Protocol = match.Protocol ?? IpProtocol.Tcp };

    private Entry Add(Entry entry)
    {
        Do(() => _entries.Add(entry));
        return entry;
    }

    private void Do(Action action) => _bridged.Do(() =>
    {
        action();
        return true;
    });
}
