using SimNet.Capture;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>What fault rules do to packets; those of a link without rules never come here.</summary>
public sealed partial class LinkDirection
{
    /// <summary>The other direction of the link.</summary>
    private LinkDirection Opposite => Side == LinkSide.AToB ? Link.BToA : Link.AToB;

    /// <summary>
    /// Makes a packet and sends it on its way past queue, losses and rules: it arrives after the direction's delay, or that of the
    /// other direction when it goes backward. <see cref="LinkCounters.NotInjected"/> counts those that can't be made.
    /// </summary>
    /// <param name="packet">What to make; <see cref="InjectedPacket.Before"/> says nothing here.</param>
    /// <param name="matched">The frame that it refers to; empty when there is none.</param>
    public void Inject(InjectedPacket packet, ReadOnlySpan<byte> matched) => Inject(packet, matched, default);

    internal void Inject(InjectedPacket packet, ReadOnlySpan<byte> matched, FlowPosition flow)
    {
        FrameSummary summary = new(_loop.Now, Side, Counters.Sent, matched) { Flow = flow };
        Inject(packet, in summary, new LinkVerdict { Due = _loop.Now + _options.Delay });
        RingBy(_flight.NextDue);
    }

    private void SendByRules(Instant now, Frame frame)
    {
        FrameSummary summary = new(now, Side, Counters.Sent, frame.Bytes);
        FaultRule? rule = null;
        FaultAction action = FaultAction.None;
        // Rules don't see what a link that is down or too narrow drops.
        if (_options.Up && frame.Length <= _maxLength)
        {
            action = _rules.Decide(ref summary, out rule);
        }

        if (!Decide(now, frame, out LinkVerdict verdict))
        {
            action = FaultAction.None;
        }

        bool holds = action.Kind == FaultKind.Swap && !_flight.Holds(rule!);
        Apply(in action, holds, ref verdict);
        Finish(frame, ref verdict);
        if (action.Packets is not null)
        {
            SendAmong(now, frame, action.Packets, in summary, in verdict);
        }
        else if (Observe(now, frame, in verdict))
        {
            StartByRule(now, frame, in action, rule, in verdict, holds);
        }

        RingBy(_flight.NextDue);
    }

    private static void Apply(in FaultAction action, bool holds, ref LinkVerdict verdict)
    {
        switch (action.Kind)
        {
            case FaultKind.None or FaultKind.Inject:
                break;
            case FaultKind.Drop or FaultKind.Replace:
                verdict.Reason = DropReason.FaultRule;
                break;
            case FaultKind.Delay:
                verdict.Effects |= LinkEffects.HeldBack;
                verdict.Due += action.Extra;
                break;
            case FaultKind.Duplicate:
                verdict.Effects |= LinkEffects.Duplicated;
                verdict.Copies += action.Copies;
                break;
            case FaultKind.Edit:
                verdict.Effects |= action.Change!.Corrupts ? LinkEffects.Corrupted
                    : action.Change.OnlyMarks ? LinkEffects.Marked : LinkEffects.Edited;
                break;
            case FaultKind.Swap:
                verdict.Effects |= holds ? LinkEffects.HeldBack : LinkEffects.None;
                verdict.Due += holds ? action.Extra : Duration.Zero;
                break;
            default:
                verdict.Effects |= LinkEffects.Corrupted;
                break;
        }
    }

    private void StartByRule(Instant now, Frame frame, in FaultAction action, FaultRule? rule, in LinkVerdict verdict, bool holds)
    {
        switch (action.Kind)
        {
            case FaultKind.Swap when holds:
                Counters.HeldBack++;
                _flight.Hold(frame, rule!, verdict.Due);
                break;
            case FaultKind.Swap:
                Start(now, frame, in verdict, _corrupter);
                _flight.Release(rule!, verdict.Due);
                break;
            case FaultKind.Edit:
                Edit(frame, action.Change!, in verdict);
                LinkVerdict rest = verdict;
                rest.Effects &= ~(LinkEffects.Corrupted | LinkEffects.Marked);
                Start(now, frame, in rest, _corrupter);
                break;
            case FaultKind.Duplicate when action.Extra > Duration.Zero:
                LinkVerdict single = verdict;
                single.Copies -= action.Copies;
                Frame copy = _pool.Copy(frame.Bytes);
                Start(now, frame, in single, _ruleCorrupter);
                LinkVerdict others = verdict;
                others.Copies = action.Copies;
                AddCopies(now, copy, in others, action.Extra);
                break;
            default:
                Start(now, frame, in verdict, action.Kind == FaultKind.None ? _corrupter : _ruleCorrupter);
                break;
        }
    }

    private void Edit(Frame frame, FrameEdit change, in LinkVerdict verdict)
    {
        FrameEditor.Apply(change, frame.Bytes, _ruleRandom);
        if (change.Corrupts)
        {
            Counters.Corrupted++;
        }
        else
        {
            Counters.Edited++;
            frame.Note |= (int)(verdict.Effects & (LinkEffects.Edited | LinkEffects.Marked));
        }
    }

    /// <summary>A packet around which others are injected. They are made from it before it changes or ends.</summary>
    private void SendAmong(
        Instant now, Frame frame, IReadOnlyList<InjectedPacket> packets, in FrameSummary summary, in LinkVerdict verdict)
    {
        Frame matched = _pool.Copy(frame.Bytes);
        FrameSummary kept = new(now, Side, Counters.Sent, matched.Bytes) { Flow = summary.Flow };
        for (int i = 0; i < packets.Count; i++)
        {
            if (packets[i].Before)
            {
                Inject(packets[i], in kept, in verdict);
            }
        }

        if (Observe(now, frame, in verdict))
        {
            Start(now, frame, in verdict, _corrupter);
        }

        for (int i = 0; i < packets.Count; i++)
        {
            if (!packets[i].Before)
            {
                Inject(packets[i], in kept, in verdict);
            }
        }

        _pool.Return(matched);
    }

    /// <summary>Makes a packet and puts it where the verdict about the matched one says, or on the way back.</summary>
    private void Inject(InjectedPacket packet, in FrameSummary matched, in LinkVerdict verdict)
    {
        (MacAddress To, MacAddress From) addresses = packet.Backward
            ? (_from.HardwareAddress ?? MacAddress.Broadcast, _to.HardwareAddress ?? MacAddress.Zero)
            : (_to.HardwareAddress ?? MacAddress.Broadcast, _from.HardwareAddress ?? MacAddress.Zero);
        if (!_options.Up || !PacketForge.TryMake(packet, in matched, _pool, addresses, out Frame? frame))
        {
            Counters.NotInjected++;
            return;
        }

        frame.Note = (int)LinkEffects.Injected;
        if (packet.Backward)
        {
            LinkDirection back = Opposite;
            back.AddInjected(frame, matched.Time + back._options.Delay, packet.Delay, isHeldBack: false);
            back.RingBy(back._flight.NextDue);
        }
        else
        {
            bool isHeldBack = (verdict.Effects & LinkEffects.HeldBack) != LinkEffects.None;
            AddInjected(frame, verdict.Due, packet.Delay, isHeldBack);
        }
    }

    private void AddInjected(Frame frame, Instant due, Duration delay, bool isHeldBack)
    {
        if (!_options.Up)
        {
            Counters.NotInjected++;
            _pool.Return(frame);
            return;
        }

        Counters.Injected++;
        bool isFree = isHeldBack || delay > Duration.Zero;
        LinkVerdict verdict = new() { Effects = LinkEffects.Injected, Due = isFree ? due + delay : _flight.ClampInOrder(due) };
        if (Tap.IsObserved)
        {
            Tap.Publish(_loop.Now, frame, CaptureDirection.Inbound, PacketFate.Queued, in verdict);
        }

        if (isFree)
        {
            _flight.AddHeldBack(frame, verdict.Due);
        }
        else
        {
            _flight.AddInOrder(frame, verdict.Due);
        }
    }
}
