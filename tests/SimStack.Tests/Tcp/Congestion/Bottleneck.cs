using SimStack.Profiles;
using SimStack.Tcp.Congestion;
using SimStack.Wire;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>
/// One bottleneck with a queue, and senders that always have data, each an algorithm and the least of a connection around it: every transmission
/// has a number of its own, a gap in what is acknowledged is a loss, a loss or mark reduces the window at once and once a round trip. The recovery
/// of a real connection is tested elsewhere.
/// </summary>
internal sealed class Bottleneck
{
    private readonly PriorityQueue<(Sender Sender, uint Number, bool Marked), (long At, long Order)> _events = new();
    private long _order;
    private long _freeAt;

    /// <summary>Microseconds that a segment takes through the bottleneck, and there and back besides.</summary>
    public required long Service { get; set; }
    public required long Delay { get; init; }

    /// <summary>Segments that wait at most; and from how many on they are marked, 0 for never.</summary>
    public int Limit { get; init; } = int.MaxValue;
    public int MarkFrom { get; init; }

    /// <summary>The transmissions that are lost besides.</summary>
    public Func<uint, bool> Loses { get; init; } = _ => false;

    public Sysctls Sysctls { get; init; } = Profile.Linux.Defaults.Clone();

    public long Now { get; private set; } = 1_000_000;

    public List<Sender> Senders { get; } = [];

    public int Waiting => (int)((Math.Max(_freeAt, Now) - Now + Service - 1) / Service);

    public Sender Add(CongestionControl algorithm)
    {
        Sender sender = new(this, algorithm);
        Senders.Add(sender);
        return sender;
    }

    /// <summary>Runs for so many microseconds.</summary>
    /// <param name="time">How long.</param>
    /// <param name="each">Called after every ACK.</param>
    public void Run(long time, Action? each = null)
    {
        long until = Now + time;
        foreach (Sender sender in Senders)
        {
            sender.Start();
        }

        while (_events.TryPeek(out var next, out var key) && key.At <= until)
        {
            _events.Dequeue();
            Now = key.At;
            if (next.Number == uint.MaxValue)
            {
                next.Sender.Wake();
                continue;
            }

            next.Sender.Acknowledge(next.Number, next.Marked);
            each?.Invoke();
        }

        Now = until;
    }

    private void WakeAt(Sender sender, long at) => _events.Enqueue((sender, uint.MaxValue, false), (at, _order++));

    private bool Carry(Sender sender, uint number)
    {
        int waiting = Waiting;
        if (waiting >= Limit || Loses(number))
        {
            return false;
        }

        _freeAt = Math.Max(_freeAt, Now) + Service;
        _events.Enqueue((sender, number, MarkFrom > 0 && waiting >= MarkFrom), (_freeAt + Delay, _order++));
        return true;
    }

    internal sealed class Sender
    {
        private readonly Bottleneck _path;
        private readonly CongestionContext _context;
        private readonly Dictionary<uint, (long At, DeliveryStamp Stamp)> _sent = [];
        private CongestionState _state = new() { Window = 10, Threshold = int.MaxValue, Clamp = int.MaxValue, PacingRate = long.MaxValue };
        private DeliveryRate _rate;
        private uint _next = 1;
        private uint _una = 1;
        private uint _recoveryPoint;
        private uint _lost;
        private long _nextDeparture;
        private long _smoothed;
        private bool _woken;
        private bool _limited;

        public Sender(Bottleneck path, CongestionControl algorithm)
        {
            _path = path;
            Algorithm = algorithm;
            uint seed = 12345;
            _context = new CongestionContext
            {
                Sysctls = path.Sysctls,
                Mss = 1448,
                Counters = Counters,
                Random = () => seed = unchecked(seed * 1664525 + 1013904223),
                EcnAgreed = path.MarkFrom > 0,
                LeastRttMicroseconds = uint.MaxValue,
            };
            Fill();
            algorithm.Initialize(ref _state, _context);
        }

        public CongestionControl Algorithm { get; }

        public SnmpCounters Counters { get; } = new();

        public ref CongestionState State => ref _state;

        public long Acknowledged { get; private set; }

        public int Reductions { get; private set; }

        public uint Lost => _lost;

        public long LastRtt { get; private set; }

        public byte[] Info
        {
            get
            {
                byte[] info = new byte[20];
                return info[..Algorithm.WriteInfo(info, _context)];
            }
        }

        public void Start() => Send();

        public void Wake()
        {
            _woken = false;
            Send();
        }

        private void Send()
        {
            while (_sent.Count < _state.Window)
            {
                if (_context.NeedsPacing && _nextDeparture > _path.Now)
                {
                    if (!_woken)
                    {
                        _path.WakeAt(this, _nextDeparture);
                        _woken = true;
                    }

                    return;
                }

                uint number = _next++;
                var stamp = _rate.Sent(_path.Now, _sent.Count, _sent.Count + 1);
                _sent[number] = (_path.Now, stamp);
                _limited |= _sent.Count >= _state.Window;
                _path.Carry(this, number);
                if (_context.NeedsPacing)
                {
                    _nextDeparture = Math.Max(_nextDeparture, _path.Now) + 1448 * 1_000_000L / Math.Max(1, _state.PacingRate);
                }
            }
        }

        public void Acknowledge(uint number, bool marked)
        {
            int lost = 0;
            for (; _una < number; _una++)
            {
                if (_sent.Remove(_una, out (long At, DeliveryStamp Stamp) gone))
                {
                    lost++;
                    _lost++;
                    Fill();
                    Algorithm.SegmentLost(
                        ref _state, _context,
                        new LostSegment { Seq = new SequenceNumber(_una), End = new SequenceNumber(_una + 1), Stamp = gone.Stamp });
                }
            }

            int before = _sent.Count + lost;
            (long at, DeliveryStamp stamp) = _sent[number];
            _sent.Remove(number);
            _una = number + 1;
            _rate.Delivered++;
            _rate.DeliveredCe += marked ? 1u : 0;
            _rate.Lost = _lost;
            Acknowledged++;
            LastRtt = _path.Now - at;
            _smoothed = _smoothed == 0 ? LastRtt << 3 : _smoothed + LastRtt - (_smoothed >> 3);
            RateSample sample = new() { RttMicroseconds = LastRtt, PriorInFlight = before };
            _rate.Deliver(ref stamp, at, new SequenceNumber(number), false, false, ref sample);
            _context.LeastRttMicroseconds = Math.Min(_context.LeastRttMicroseconds, (uint)LastRtt);
            Fill();
            React(lost, marked, number);
            _rate.Complete(_path.Now, 1, lost, false, _context.LeastRttMicroseconds, ref sample);
            Fill();
            Grow(sample);
            Send();
        }

        private void React(int lost, bool marked, uint number)
        {
            Algorithm.AckArrived(ref _state, _context, marked ? AckKind.EcnEcho : AckKind.None);
            if (_state.Phase is not CongestionPhase.Open && number >= _recoveryPoint)
            {
                Enter(CongestionPhase.Open);
                Algorithm.Happened(ref _state, _context, CongestionEvent.ReductionComplete);
            }

            if ((lost > 0 || marked) && _state.Phase is CongestionPhase.Open)
            {
                Reductions++;
                _recoveryPoint = _next;
                _state.PriorWindow = _state.Window;
                int threshold = Algorithm.ThresholdAfterLoss(ref _state, _context);
                Enter(lost > 0 ? CongestionPhase.Recovery : CongestionPhase.Cwr);
                if (!Algorithm.ControlsWindow)
                {
                    _state.Threshold = threshold;
                    _state.Window = threshold;
                    _state.Credit = 0;
                }
            }
        }

        private void Enter(CongestionPhase phase)
        {
            Algorithm.PhaseChanges(ref _state, _context, phase);
            _state.Phase = phase;
        }

        private void Grow(in RateSample sample)
        {
            Algorithm.Acknowledged(ref _state, _context, new AckSample { Segments = 1, RttMicroseconds = LastRtt });
            if (Algorithm.ControlsWindow)
            {
                Algorithm.Control(ref _state, _context, sample);
                _rate.ApplicationLimited = _context.ApplicationLimited;
            }
            else if (_state.Phase is CongestionPhase.Open)
            {
                Algorithm.Avoid(ref _state, _context, new SequenceNumber(_una), 1);
            }
        }

        private void Fill()
        {
            _context.Now = new Instant(_path.Now * 1000);
            _context.Una = new SequenceNumber(_una);
            _context.Nxt = new SequenceNumber(_next);
            _context.SegmentsInFlight = _sent.Count;
            _context.MostOut = _state.Window;
            _context.WindowLimited = _context.WindowFull = _limited;
            _context.HasSack = true;
            _context.Delivered = _rate.Delivered;
            _context.DeliveredCe = _rate.DeliveredCe;
            _context.DeliveredAt = new Instant(_rate.DeliveredAt * 1000);
            _context.Lost = _lost;
            _context.SmoothedRtt8 = (int)_smoothed;
            _context.ApplicationLimited = _rate.ApplicationLimited;
            _context.NextDeparture = new Instant(_nextDeparture * 1000);
        }
    }
}
