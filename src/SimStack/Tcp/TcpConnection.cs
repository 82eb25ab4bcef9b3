using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Listen;

namespace SimStack.Tcp;

/// <summary>
/// One connection: the transmission control block of RFC 9293 §3.3.1 and the only way to change its state. The events of §3.10
/// are in the partial files named after them. What an idle connection does not need is allocated at its first use.
/// </summary>
internal sealed partial class TcpConnection : TcpFlow
{
    private readonly TcpLayer _tcp;
    private IpPath? _path;
    private TcpState _state;

    private SendSequenceSpace _snd;
    private ReceiveSequenceSpace _rcv;
    private TimerTable _timers;
    private RttEstimator _rtt;
    private ushort _nextDatagramId;

    private ByteQueue? _sendBuffer;
    private SegmentRing? _sent;
    private ByteQueue? _receiveBuffer;
    private ReassemblyQueue? _outOfOrder;

    public TcpConnection(TcpLayer tcp, IpEndpoint local, IpEndpoint remote, long id, TcpState initial)
        : base(local, remote, id)
    {
        _tcp = tcp;
        _state = initial;
        _timers.Clear();
        _rtt.Reset(tcp.Sysctls);
        _congestion.Window = tcp.Sysctls.InitialWindowSegments;
        _congestion.Threshold = _congestion.Clamp = int.MaxValue;
        _timestampsStamp = _lastSentAt = Instant.Never;
        _nextDatagramId = tcp.FirstDatagramId(local, remote, id);
    }

    /// <summary>The socket that the user holds; null before accept and after close.</summary>
    public TcpSocket? Socket { get; set; }

    /// <summary>The listener in whose accept queue the connection waits; null otherwise.</summary>
    public TcpListener? Listener { get; set; }

    /// <summary>Headers of the SYN that opened it, until the user took them (TCP_SAVED_SYN).</summary>
    public byte[]? SavedSyn { get; set; }

    /// <summary>Its user has closed, and it counts for net.ipv4.tcp_max_orphans.</summary>
    public bool IsCountedOrphan { get; set; }

    public override TcpState State => _state;

    public override Instant Deadline
    {
        get
        {
            Instant earliest = _timers.Earliest;
            earliest = _pacer is null ? earliest : Instant.Min(earliest, _pacer.Due);
            return _received is null ? earliest : Instant.Min(earliest, _received.HeldAcks.Deadline);
        }
    }

    public ref readonly SendSequenceSpace Snd => ref _snd;

    public ref readonly ReceiveSequenceSpace Rcv => ref _rcv;

    /// <summary>An error that the next call on the socket reports: SO_ERROR.</summary>
    public Errno PendingError { get; set; }

    /// <summary>Bytes that can be read.</summary>
    public int Readable => _receiveBuffer?.Length ?? 0;

    /// <summary>Sequence numbers sent or waiting to be sent and not acknowledged, as ss shows under Send-Q.</summary>
    public int Unacknowledged => _snd.Written - _snd.Una + (_finQueued ? 1 : 0);

    /// <summary>Those of them that wait to be sent.</summary>
    public int Unsent => Math.Max(0, _snd.Written - _snd.Nxt) + (_finQueued && !_finSent ? 1 : 0);

    /// <summary>The peer closed its side and everything before its FIN has arrived.</summary>
    public bool ReceiveClosed { get; private set; }

    /// <summary>The user closed the sending side.</summary>
    public bool SendClosed => _finQueued || _sendShut || _state is TcpState.Closed or TcpState.TimeWait || _fastOpen is { ShutdownWaits: true };

    private Profile Profile => _tcp.Profile;

    private Sysctls Sysctls => _tcp.Sysctls;

    private bool IsSynchronized => _state >= TcpState.Established;

    /// <summary>The only place where the state changes.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="next">The new state; an edge that RFC 9293 does not have is a defect of ours.</param>
    /// <param name="cause">What the observer is told.</param>
    private void Transition(Instant now, TcpState next, string cause)
    {
        if (!TransitionTable.Allows(_state, next))
        {
            throw new InvalidOperationException(
                $"{_state.ToRfcName()} to {next.ToRfcName()} is not an edge of RFC 9293 figure 5");
        }

        TcpState previous = _state;
        _state = next;
        // RFC 4022, tcpCurrEstab: connections that are in ESTABLISHED or CLOSE-WAIT.
        Count(SnmpCounter.TcpCurrEstab, (next is TcpState.Established or TcpState.CloseWait ? 1 : 0) - (previous is TcpState.Established or TcpState.CloseWait ? 1 : 0));
        _tcp.Host.Observer?.StateChanged(new TcpStateChange(now, Id, Local, Remote, previous, next, cause));
        _tcp.SignalReady(this);
    }

    /// <summary>
    /// Ends the connection: timers off, buffers back, 4-tuple free. Data that is there to be read stays readable.
    /// </summary>
    private void Destroy(Instant now, string cause)
    {
        if (_state is not TcpState.Closed)
        {
            if (_state is TcpState.Established or TcpState.CloseWait)
            {
                Count(SnmpCounter.TcpEstabResets); // RFC 4022, tcpEstabResets: straight to CLOSED from these two, for whatever reason.
            }

            Transition(now, TcpState.Closed, cause);
        }

        StopWork(now);
        _tcp.Forget(this);
    }

    /// <summary>
    /// Nothing more will be sent or received. What has arrived stays as long as somebody may read it, now or after accept.
    /// </summary>
    private void StopWork(Instant now)
    {
        EndFastOpen(now);
        _timers.Clear();
        if (_pacer is not null)
        {
            (_pacer.Due, _pacer.Throttled) = (Instant.Never, false);
        }

        if (_received is not null)
        {
            _received.HeldAcks.Deadline = Instant.Never;
        }

        DropNotices(now);
        _sendBuffer?.Clear();
        _sendBuffer = null;
        _sent = null;
        _backoff = 0;
        _recovery = IsOrphan ? null : _recovery; // TCP_INFO goes on to tell of it.
        DropOutOfOrder();
        if (IsOrphan)
        {
            _receiveBuffer?.Clear();
            _receiveBuffer = null;
            ReleaseReceiveMemory();
        }

        Listener?.ConnectionGone(now, this);
    }

    /// <summary>Ends it with an error for the user.</summary>
    private void Fail(Instant now, Errno error, string cause)
    {
        PendingError = error;
        Destroy(now, cause);
        _tcp.SignalReady(this);
    }

    private void Count(SnmpCounter counter) => _tcp.Counters[counter]++;

    private void Count(SnmpCounter counter, int by) => _tcp.Counters[counter] += by;
}
