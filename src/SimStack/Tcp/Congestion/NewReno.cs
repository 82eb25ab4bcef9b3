using SimStack.Profiles;

namespace SimStack.Tcp.Congestion;

/// <summary>Where loss recovery stands, by Linux's names (TCP_CA_*).</summary>
internal enum CongestionPhase : byte
{
    /// <summary>Nothing unusual.</summary>
    Open,

    /// <summary>Duplicate ACKs came, fewer than the threshold.</summary>
    Disorder,

    /// <summary>Congestion was told without a loss (ECE, RFC 3168); until something beyond what was then outstanding is acknowledged.</summary>
    Cwr,

    /// <summary>Fast retransmit happened; until everything then outstanding is acknowledged.</summary>
    Recovery,

    /// <summary>A retransmission timeout happened; until everything then outstanding is acknowledged.</summary>
    Loss,
}

/// <summary>
/// Slow start and congestion avoidance of RFC 5681 with the responses of RFC 6582, counted in segments as Linux counts.
/// </summary>
internal struct NewReno
{
    /// <summary>cwnd in segments.</summary>
    public int Window;

    /// <summary>ssthresh in segments; int.MaxValue until the first loss.</summary>
    public int Threshold;

    /// <summary>Segments acknowledged since the window last grew in congestion avoidance.</summary>
    private int _credit;

    public CongestionPhase Phase;

    /// <summary>Duplicate ACKs since the last that was none; each stands for a segment that left the network.</summary>
    public int DuplicateAcks;

    public readonly bool InSlowStart => Window < Threshold;

    public void Initialize(Sysctls sysctls)
    {
        Window = sysctls.InitialWindowSegments;
        Threshold = int.MaxValue;
    }

    /// <summary>
    /// A lost SYN or SYN-ACK: the window starts at one segment (RFC 5681 §3.1), by RFC 6928 §2 and Linux only after two losses.
    /// </summary>
    public void Established(int synRetransmissions, bool strict)
    {
        if (synRetransmissions > (strict ? 0 : 1))
        {
            Window = 1;
        }
    }

    /// <summary>
    /// Grows the window for segments acknowledged, unless the application did not use it (RFC 5681 §3.1; RFC 7661's reason).
    /// </summary>
    public void Acknowledged(int segments, bool limited)
    {
        if (!limited || Phase is CongestionPhase.Recovery or CongestionPhase.Cwr)
        {
            return;
        }

        if (InSlowStart)
        {
            int room = Threshold - Window;
            int step = Math.Min(segments, room);
            Window += step;
            segments -= step;
        }

        if (segments > 0)
        {
            _credit += segments;
            if (_credit >= Window)
            {
                int steps = _credit / Window;
                _credit -= steps * Window;
                Window += steps;
            }
        }
    }

    /// <summary>Fast retransmit: half the window (RFC 5681 §3.2, equation 4).</summary>
    public void EnterRecovery()
    {
        // What ECE reduced already for this window of data is not reduced again (RFC 3168 §6.1.2).
        if (Phase is not CongestionPhase.Cwr)
        {
            ReduceForLoss();
        }

        Phase = CongestionPhase.Recovery;
    }

    /// <summary>The peer tells of marks: as for a loss, but nothing is sent again (RFC 3168 §6.1.2).</summary>
    public void EnterCwr()
    {
        ReduceForLoss();
        Phase = CongestionPhase.Cwr;
    }

    /// <summary>A loss that is made good already: half the window, and no recovery.</summary>
    public void ReduceForLoss()
    {
        Threshold = Math.Max(Window / 2, 2);
        Window = Threshold;
        _credit = 0;
    }

    /// <summary>Retransmission timeout: half of it as threshold, and one segment (RFC 5681 §3.1).</summary>
    /// <param name="first">False for repeated timeouts of one segment: the threshold stays (RFC 5681 §3.1).</param>
    /// <param name="inFlight">Segments taken to be in flight still.</param>
    public void EnterLoss(bool first, int inFlight)
    {
        if (first)
        {
            Threshold = Math.Max(Window / 2, 2);
        }

        Window = inFlight + 1;
        _credit = 0;
        DuplicateAcks = 0;
        Phase = CongestionPhase.Loss;
    }

    /// <summary>
    /// Segments were lost for another reason than congestion: sends them again as after a timeout, with the window as it is.
    /// </summary>
    public void EnterRepair()
    {
        DuplicateAcks = 0;
        Phase = CongestionPhase.Loss;
    }

    /// <summary>Everything outstanding at the loss is acknowledged.</summary>
    public void Leave()
    {
        Phase = CongestionPhase.Open;
        DuplicateAcks = 0;
    }

    /// <summary>
    /// After an idle time longer than the RTO: halved once for each, down to the restart window (RFC 2861, as Linux has it).
    /// </summary>
    public void RestartAfterIdle(int restartWindow, long idleRtos)
    {
        Threshold = Threshold == int.MaxValue ? Threshold : Math.Max(Threshold, (Window >> 1) + (Window >> 2));
        int floor = Math.Min(restartWindow, Window);
        for (long i = 0; i < idleRtos && Window > floor; i++)
        {
            Window >>= 1;
        }

        Window = Math.Max(Window, floor);
        _credit = 0;
    }
}
