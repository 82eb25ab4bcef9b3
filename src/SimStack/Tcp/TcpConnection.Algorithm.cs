using SimStack.Tcp.Congestion;

namespace SimStack.Tcp;

/// <summary>Which congestion control the connection has: TCP_CONGESTION, TCP_CC_INFO, the route's word (Linux: tcp_cong.c).</summary>
internal sealed partial class TcpConnection
{
    private CongestionControl? _control;
    private string? _algorithm;

    /// <summary>Its name; before data is sent what it will be.</summary>
    public string AlgorithmName => _control?.Name ?? _algorithm ?? Sysctls.CongestionControl;

    /// <summary>The route has it locked, so that the socket can't change it (RTAX_CC_ALGO; tcp_ca_dst_locked).</summary>
    public bool IsAlgorithmLocked => _path?.Route is { CongestionControl: not null, IsCongestionControlLocked: true };

    /// <summary>
    /// The route's choice, or the socket's, or that of the listening socket, which has one only by setsockopt (tcp_ca_openreq_child); else the
    /// host's of now.
    /// </summary>
    private void ChooseAlgorithm(string? chosen)
    {
        _algorithm = _path?.Route?.CongestionControl ?? chosen ?? Sysctls.CongestionControl;
        NeedsEcn = CongestionAlgorithms.NeedsEcn(_algorithm);
    }

    /// <summary>Another one from now on, which knows nothing of what was (tcp_reinit_congestion_control).</summary>
    public void ChangeAlgorithm(Instant now, string name)
    {
        _algorithm = name;
        NeedsEcn = CongestionAlgorithms.NeedsEcn(name);
        if (_control is not null)
        {
            BeginAlgorithm(now);
        }
        else if (IsSynchronized)
        {
            BeginEcnControl(now);
        }
    }

    /// <summary>One that wants ECN has a say as a receiver too, and begins when it is known whether the peer agreed to it.</summary>
    private void BeginEcnControl(Instant now)
    {
        if (NeedsEcn)
        {
            BeginControl(now);
        }
    }

    /// <summary>An ACK, before it is processed further (tcp_in_ack_event). The handshake's comes before the algorithm begins.</summary>
    private void NoteAckArrived(Instant now, AckFlags flags)
    {
        if ((flags & AckFlags.SynAcknowledged) != 0)
        {
            BeginEcnControl(now);
        }
        else if (_control is { SeesArrivals: true })
        {
            _control.AckArrived(ref _congestion, FillContext(now), KindOf(flags));
        }
    }

    /// <summary>TCP_CC_INFO; how many bytes were written, none for those that tell nothing.</summary>
    public int WriteCongestionInfo(Instant now, Span<byte> to) => _control?.WriteInfo(to, FillContext(now)) ?? 0;

    /// <summary>Data is about to be sent: the algorithm begins.</summary>
    private void BeginAlgorithm(Instant now)
    {
        Recovery.PriorThreshold = 0;
        _control = CongestionAlgorithms.Create(_algorithm ?? Sysctls.CongestionControl);
        CongestionContext context = FillContext(now);
        context.NeedsPacing = false;
        _control.Initialize(ref _congestion, context);
        NeedsEcn = _control.NeedsEcn;
        if (context.NeedsPacing)
        {
            RequirePacing();
        }

        _offloadSegments = 0;
    }
}
