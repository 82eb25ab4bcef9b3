using SimNet.Capture;
using SimNet.Observe;
using SimNet.Random;
using SimNet.Time;
using SimStack;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>
/// One direction of a link. A packet's whole fate is decided when it is sent: up or down, MTU, fault rules, queue and rate, loss,
/// then delay with jitter, reordering, duplication, corruption. Without those a packet costs a place in a ring and an event.
/// </summary>
public sealed partial class LinkDirection : Alarm
{
    private readonly FramePool _pool;
    private readonly LinkPort _from;
    private readonly LinkPort _to;
    private readonly EventLoop _loop;
    private readonly RuleStage _rules;
    private readonly FlightQueue _flight = new();
    private readonly CorruptStage _corrupter;
    private readonly CorruptStage _ruleCorrupter;
    private readonly SimRandom _ruleRandom;
    private readonly SimRandom _redRandom;
    private TransmitStage _transmitter = new();
    private JitterStage _jitter;
    private ChanceStage _loss;
    private BurstLossStage _burstLoss;
    private ChanceStage _reorder;
    private ChanceStage _duplicate;
    private ChanceStage _corrupt;
    private LinkDirectionOptions _options = new();
    private int _maxLength;
    private bool _hasChances;
    private bool _marks;
    private bool _isPlain;
    private CoDelStage? _coDel;
    private RedStage? _red;

    internal LinkDirection(
        Link link,
        LinkSide side,
        EventLoop loop,
        FramePool pool,
        SimRandom random,
        LinkPort from,
        LinkPort to,
        LinkDirectionOptions options,
        FlowTracker flows,
        ObservableSource<PacketEvent>? everywhere)
        : base(loop)
    {
        Link = link;
        Side = side;
        _loop = loop;
        _pool = pool;
        _from = from;
        _to = to;
        _rules = new RuleStage(flows);
        _jitter = new JitterStage(random.Child("jitter"));
        _loss = new ChanceStage(random.Child("loss"));
        _burstLoss = new BurstLossStage(random.Child("burst state"), random.Child("burst loss"));
        _reorder = new ChanceStage(random.Child("reorder"));
        _duplicate = new ChanceStage(random.Child("duplicate"));
        _corrupt = new ChanceStage(random.Child("corrupt"));
        _corrupter = new CorruptStage(random.Child("corrupt bit"));
        _ruleRandom = random.Child("rule bit");
        _redRandom = random.Child("red");
        _ruleCorrupter = new CorruptStage(_ruleRandom);
        Tap = new PacketTap(new CapturePoint(CapturePointKind.LinkDirection, $"{from.Name}>{to.Name}"), everywhere);
        Options = options;
    }

    /// <summary>The link that this is one direction of.</summary>
    public Link Link { get; }

    /// <summary>Which one.</summary>
    public LinkSide Side { get; }

    /// <summary>The sending port.</summary>
    public LinkPort From => _from;

    /// <summary>The receiving port.</summary>
    public LinkPort To => _to;

    /// <summary>What this direction did so far.</summary>
    public LinkCounters Counters { get; } = new();

    /// <summary>Packets entering (queued or dropped) and leaving (delivered).</summary>
    public PacketTap Tap { get; }

    /// <summary>Packets entering (queued or dropped) and leaving (delivered).</summary>
    public IObservable<PacketEvent> Packets => Tap.Packets;

    /// <summary>Packets waiting or in transmission now; 0 without a rate limit.</summary>
    public int QueuedPackets => _transmitter.Packets(_loop.Now);

    /// <summary>Bytes waiting or in transmission now; 0 without a rate limit.</summary>
    public long QueuedBytes => _transmitter.Bytes(_loop.Now);

    /// <summary>When the next packet would begin to be sent, without waiting behind others; in the past when the line is idle.</summary>
    public Instant FreeAt => _transmitter.BusyUntil;

    /// <summary>Packets queued or on their way.</summary>
    public int InFlight => _flight.Count;

    /// <summary>It does nothing to packets: no rate, no delay, no chance of anything, no rule, no shorter MTU.</summary>
    internal bool IsClear => _isPlain && _rules.IsEmpty;

    /// <inheritdoc/>
    public override string Description => $"packets on {Tap.Point.Name}";

    /// <summary>The effects for packets sent from now on.</summary>
    /// <exception cref="LinkOptionsException">A value makes no sense; the old options stay.</exception>
    public LinkDirectionOptions Options
    {
        get => _options;
        set
        {
            value.Validate();
            bool turns = _options.Up != value.Up;
            _coDel = value.QueueCoDel == _options.QueueCoDel ? _coDel : value.QueueCoDel is { } coDel ? new CoDelStage(coDel) : null;
            _red = value.QueueRed == _options.QueueRed ? _red : value.QueueRed is { } red ? new RedStage(red, _redRandom) : null;
            _options = value;
            _maxLength = value.Mtu + EthernetView.HeaderLength ?? int.MaxValue;
            _transmitter.Configure(value);
            (_jitter.Limit, _jitter.Shape) = (value.Jitter, value.JitterShape);
            _burstLoss.Model = value.BurstLoss;
            _loss.Probability = value.Loss;
            _reorder.Probability = value.Reorder;
            _duplicate.Probability = value.Duplicate;
            _corrupt.Probability = value.Corrupt;
            _hasChances = !(value.Loss.IsNever && value.Reorder.IsNever && value.Duplicate.IsNever && value.Corrupt.IsNever)
                || value.BurstLoss is not null;
            _marks = value.QueueMarkAbove is not null;
            _isPlain = value == new LinkDirectionOptions();
            if (turns)
            {
                Turn(value.Up);
            }
        }
    }

    /// <summary>Lets a rule decide about the packets sent from now on, after the rules that are there.</summary>
    public void AddRule(FaultRule rule) => _rules.Add(rule);

    /// <summary>Takes a rule away.</summary>
    public void RemoveRule(FaultRule rule) => _rules.Remove(rule);

    /// <summary>Takes a frame of the sending port; it belongs to the link from now on.</summary>
    public void Send(Instant now, Frame frame)
    {
        Counters.Sent++;
        Counters.SentBytes += frame.Length;
        if (!_rules.IsEmpty)
        {
            SendByRules(now, frame);
            return;
        }

        Decide(now, frame, out LinkVerdict verdict);
        Finish(frame, ref verdict);
        if (Observe(now, frame, in verdict))
        {
            Start(now, frame, in verdict, _corrupter);
        }

        RingBy(_flight.NextDue);
    }

    /// <summary>Delivers what is due.</summary>
    protected override void Ring(Instant now)
    {
        try
        {
            // What arrives during the loop for this same instant has its own event, so that everybody gets a turn.
            for (int left = _flight.Count; left > 0 && _flight.TryTake(now, out Frame frame); left--)
            {
                Deliver(now, frame);
            }
        }
        finally
        {
            RingBy(_flight.NextDue);
        }
    }

    /// <summary>What happens to a frame, rules aside; false when it doesn't get as far as the line.</summary>
    private bool Decide(Instant now, Frame frame, out LinkVerdict verdict)
    {
        verdict = default;
        if (!_options.Up || frame.Length > _maxLength)
        {
            verdict.Reason = _options.Up ? DropReason.TooLong : DropReason.LinkDown;
            return false;
        }

        if ((_coDel is not null || _red is not null) && !Manage(now, frame, ref verdict))
        {
            return false;
        }

        if (!_transmitter.TryStart(now, frame.Length, out Instant end))
        {
            verdict.Reason = DropReason.QueueFull;
            return false;
        }

        verdict.Due = end + _jitter.Of(_options.Delay);
        if (_hasChances)
        {
            DrawChances(ref verdict);
        }

        if (_marks && _transmitter.IsAboveMark && EcnField.IsCapable(frame.Bytes))
        {
            verdict.Effects |= LinkEffects.Marked;
        }

        return true;
    }

    /// <summary>The queue's management: false when it drops the frame; what is ECN-capable is marked instead.</summary>
    private bool Manage(Instant now, Frame frame, ref LinkVerdict verdict)
    {
        if (_transmitter.Rate.IsUnlimited)
        {
            return true;
        }

        long bytes = _transmitter.Bytes(now);
        bool signals = _coDel is not null
            ? _coDel.Signals(now, Instant.Max(now, _transmitter.BusyUntil), bytes)
            : _red!.Signals(now, _transmitter.Packets(now), _transmitter.BusyUntil, _transmitter.Rate);
        if (!signals)
        {
            return true;
        }

        if ((_coDel?.MarksEcn ?? _red!.MarksEcn) && EcnField.IsCapable(frame.Bytes))
        {
            verdict.Effects |= LinkEffects.Marked;
            return true;
        }

        verdict.Reason = DropReason.QueueEarly;
        return false;
    }

    /// <summary>What follows from the decisions taken together.</summary>
    private void Finish(Frame frame, ref LinkVerdict verdict)
    {
        if ((verdict.Effects & LinkEffects.Corrupted) != LinkEffects.None && !CorruptStage.HasChecksum(frame.Bytes))
        {
            verdict.Reason = DropReason.FrameCheck;
        }

        if (!_options.AllowReordering && (verdict.Effects & LinkEffects.HeldBack) == LinkEffects.None)
        {
            verdict.Due = _flight.ClampInOrder(verdict.Due);
        }
    }

    /// <summary>Tells who looks; false when the frame is dropped, and then it is gone.</summary>
    private bool Observe(Instant now, Frame frame, in LinkVerdict verdict)
    {
        if (_from.ObservesSending)
        {
            _from.OnSent(now, frame, in verdict);
        }

        if (Tap.IsObserved)
        {
            PacketFate fate = verdict.Reason == DropReason.None ? PacketFate.Queued : PacketFate.Dropped;
            Tap.Publish(now, frame, CaptureDirection.Inbound, fate, in verdict);
        }

        if (verdict.Reason != DropReason.None)
        {
            Discard(frame, verdict.Reason);
            return false;
        }

        return true;
    }

    /// <summary>Sends the frame and its copies on their way.</summary>
    private void Start(Instant now, Frame frame, in LinkVerdict verdict, CorruptStage corrupter)
    {
        if (verdict.Effects != LinkEffects.None)
        {
            StartAffected(now, frame, in verdict, corrupter);
            return;
        }

        Enqueue(frame, in verdict);
    }

    private void StartAffected(Instant now, Frame frame, in LinkVerdict verdict, CorruptStage corrupter)
    {
        if ((verdict.Effects & LinkEffects.Marked) != LinkEffects.None && EcnField.MarkCongestion(frame.Bytes))
        {
            Counters.Marked++;
            frame.Note |= (int)LinkEffects.Marked;
        }

        Frame? copy = verdict.Copies > 0 ? _pool.Copy(frame.Bytes) : null;
        if ((verdict.Effects & LinkEffects.Corrupted) != LinkEffects.None)
        {
            corrupter.Flip(frame.Bytes);
            Counters.Corrupted++;
        }

        Enqueue(frame, in verdict);
        if (copy is not null)
        {
            AddCopies(now, copy, in verdict, Duration.Zero);
        }
    }

    private void DrawChances(ref LinkVerdict verdict)
    {
        if (_loss.Strikes() | _burstLoss.Strikes())
        {
            verdict.Reason = DropReason.RandomLoss;
        }

        if (_reorder.Strikes())
        {
            verdict.Effects |= LinkEffects.HeldBack;
            verdict.Due += _options.ReorderDelay;
        }

        if (_duplicate.Strikes())
        {
            verdict.Effects |= LinkEffects.Duplicated;
            verdict.Copies = 1;
        }

        if (_corrupt.Strikes())
        {
            verdict.Effects |= LinkEffects.Corrupted;
        }
    }

    private void Enqueue(Frame frame, in LinkVerdict verdict)
    {
        if ((verdict.Effects & LinkEffects.HeldBack) != LinkEffects.None)
        {
            Counters.HeldBack++;
            _flight.AddHeldBack(frame, verdict.Due);
        }
        else if (_options.AllowReordering)
        {
            _flight.AddFree(frame, verdict.Due);
        }
        else
        {
            _flight.AddInOrder(frame, verdict.Due);
        }
    }

    private void AddCopies(Instant now, Frame copy, in LinkVerdict original, Duration spacing)
    {
        LinkVerdict verdict = original;
        verdict.Effects = LinkEffects.Copy | (original.Effects & (LinkEffects.HeldBack | LinkEffects.Edited | LinkEffects.Marked));
        copy.Note = 0;
        for (int i = 0; i < original.Copies; i++)
        {
            Frame frame = i == original.Copies - 1 ? copy : _pool.Copy(copy.Bytes);
            Counters.Copies++;
            verdict.Due += spacing;
            if (Tap.IsObserved)
            {
                Tap.Publish(now, frame, CaptureDirection.Inbound, PacketFate.Queued, in verdict);
            }

            if (spacing > Duration.Zero)
            {
                _flight.AddHeldBack(frame, verdict.Due);
            }
            else
            {
                Enqueue(frame, in verdict);
            }
        }
    }

    private void Deliver(Instant now, Frame frame)
    {
        LinkVerdict verdict = default;
        if (Tap.IsObserved)
        {
            verdict.Effects = (LinkEffects)frame.Note;
            Tap.Publish(now, frame, CaptureDirection.Outbound, PacketFate.Delivered, in verdict);
        }

        Counters.Delivered++;
        _to.Arrive(now, frame);
    }

    /// <summary>The line is cut, and what is queued or on its way is lost; or it is mended.</summary>
    private void Turn(bool up)
    {
        if (!up)
        {
            LoseAll();
        }

        if (Link.HasCarrier)
        {
            _to.OnCarrier(_loop.Now, up);
        }
    }

    private void LoseAll()
    {
        LinkVerdict verdict = new() { Reason = DropReason.LinkDown };
        _transmitter.Clear();
        while (_flight.TryTake(Instant.Never, out Frame frame))
        {
            if (Tap.IsObserved)
            {
                Tap.Publish(_loop.Now, frame, CaptureDirection.Outbound, PacketFate.Dropped, in verdict);
            }

            Discard(frame, DropReason.LinkDown);
        }
    }

    private void Discard(Frame frame, DropReason reason)
    {
        Counters.CountDrop(reason);
        _pool.Return(frame);
    }
}
