using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Tcp.Listen;

/// <summary>
/// A socket in LISTEN (RFC 9293 §3.10.7.2) with its two queues: handshakes under way, and connections that wait for accept.
/// Limits and overflow as the profile's <see cref="ListenRule"/> says.
/// </summary>
internal sealed partial class TcpListener
{
    /// <summary>TCP_SAVE_SYN: from the link's header on.</summary>
    private const int SaveLinkHeader = 2;

    private readonly TcpLayer _tcp;
    private readonly SynQueue _synQueue = new();
    private readonly AcceptQueue _acceptQueue = new();

    public TcpListener(TcpLayer tcp, TcpSocket socket, IpEndpoint local, int backlog, long id)
    {
        _tcp = tcp;
        Socket = socket;
        Local = local;
        Id = id;
        SetBacklog(backlog);
    }

    public TcpSocket Socket { get; }

    public IpEndpoint Local { get; }

    public long Id { get; }

    /// <summary>What listen(2) was given, at most net.core.somaxconn.</summary>
    public int Backlog { get; private set; }

    public TcpListener? NextOnPort { get; set; }

    /// <summary>With SO_REUSEPORT those that share the address and port, this one among them.</summary>
    public ReusePortGroup<TcpListener>? Group { get; set; }

    public int SynQueueLength => _synQueue.Count;

    public int AcceptQueueLength => _acceptQueue.Count;

    /// <summary>The SYN queue's limit, by the profile, the backlog and, without cookies, tcp_max_syn_backlog.</summary>
    public int SynQueueLimit => Rule.SynQueueLimit(Backlog, _tcp.Sysctls.MaxSynBacklog, _tcp.Sysctls.SynCookies > 0);

    /// <summary>The accept queue's limit, by the profile and the backlog.</summary>
    public int AcceptQueueLimit => Rule.AcceptQueueLimit(Backlog);

    private ListenRule Rule => _tcp.Profile.Listen;

    /// <summary>Nobody more can be let in; handshakes under way count where the profile has it so.</summary>
    private bool IsFullForSyn =>
        _acceptQueue.Count + (Rule.CountsHandshakes ? _synQueue.Count : 0) >= AcceptQueueLimit;

    /// <summary>Linux: inet_csk_reqsk_queue_is_full.</summary>
    private bool SynQueueIsFull => _synQueue.Count >= Rule.SynQueuePlaces(Backlog, _tcp.Sysctls.MaxSynBacklog);

    private bool AcceptQueueIsFull => _acceptQueue.Count >= AcceptQueueLimit;

    public SynQueueEntry EntryAt(int index) => _synQueue[index];

    public ListenQueues Snapshot() =>
        new(_synQueue.Snapshot(), SynQueueLimit, _acceptQueue.Snapshot(), AcceptQueueLimit, Backlog);

    public void SetBacklog(int backlog)
    {
        // Linux takes a negative backlog for the largest there is.
        Backlog = backlog < 0 ? _tcp.Sysctls.SoMaxConn : Math.Min(backlog, _tcp.Sysctls.SoMaxConn);
    }

    /// <summary>A segment for no connection arrives on a listening port.</summary>
    public void SegmentArrives(Instant now, ref TcpSegment segment, uint? iss)
    {
        // First: RST is ignored. Second: ACK is bad here. Third: SYN. Others are dropped.
        if (segment.Has(TcpFlags.Rst))
        {
            return;
        }

        if (segment.Has(TcpFlags.Ack))
        {
            if (!TryTakeCookie(now, ref segment))
            {
                _tcp.ResetUnknown(now, segment, this);
            }

            return;
        }

        // A FIN beside the SYN would be processed later (§3.10.7.2, third); the peer sends it again. Linux drops such a segment.
        if (!segment.Has(TcpFlags.Syn) || (segment.Has(TcpFlags.Fin) && !_tcp.Profile.RfcSegmentChecks))
        {
            return;
        }

        // Linux judges the SYN queue first; a SYN that follows a connection in TIME-WAIT has a place in any case (tcp_conn_request).
        bool cookie = false;
        bool known = iss is not null && Rule.KeepsQuarterForKnownPeers;
        if (!known && (_tcp.Sysctls.SynCookies == CookiesAlways || (SynQueueIsFull && !MakeRoom(now))))
        {
            cookie = MeetFlood(now);
            if (!cookie)
            {
                Drop(now, "SYN dropped: SYN queue full");
                return;
            }
        }

        if (IsFullForSyn && Rule.FullOnSyn is not OverflowAnswer.Admit)
        {
            _tcp.Counters[SnmpCounter.TcpExtListenOverflows]++;
            bool reset = Rule.FullOnSyn is OverflowAnswer.Reset;
            if (reset)
            {
                _tcp.ResetUnknown(now, segment, this);
            }

            Drop(now, reset ? "SYN reset: accept queue full" : "SYN dropped: accept queue full");
            return;
        }

        if (!known && !cookie && _tcp.Sysctls.SynCookies == 0 && Rule.IsLastQuarter(_synQueue.Count, _tcp.Sysctls.MaxSynBacklog))
        {
            Drop(now, "SYN dropped: the last quarter is for known peers");
            return;
        }

        Admit(now, segment, iss, cookie);
    }

    /// <summary>By FreeBSD's syncache the oldest handshake gives way to a new one.</summary>
    private bool MakeRoom(Instant now)
    {
        if (!Rule.OldestHandshakeGivesWay || _synQueue.Oldest is not { } oldest)
        {
            return false;
        }

        _tcp.Counters[SnmpCounter.TcpExtTCPReqQFullDrop]++;
        Remove(oldest);
        Report(now, oldest, TcpState.SynReceived, TcpState.Closed, "SYN queue full");
        return true;
    }

    private void Drop(Instant now, string cause)
    {
        _tcp.Counters[SnmpCounter.TcpExtListenDrops]++;
        Notify(now, cause);
    }

    private void Admit(Instant now, scoped in TcpSegment segment, uint? iss, bool cookie)
    {
        IpEndpoint local = new(segment.Destination, segment.DestinationPort);
        IpEndpoint remote = new(segment.Source, segment.SourcePort);
        // What came along a source route is answered along it (RFC 9293 §3.9.2.1, MUST-53).
        if (_tcp.Ip.FindPathWith(remote.Address, local.Address, _tcp.Ip.ReturnRoute) is not { } path)
        {
            return;
        }

        bool timestamps = segment.Options.HasTimestamps && _tcp.Sysctls.Timestamps;
        TcpOptions options = OptionsBesideSignature(segment);
        int mss = AdvertisedMssOn(path) - (timestamps ? 12 : 0);
        if (cookie)
        {
            EcnState kept = timestamps ? GrantEcn(segment, path) : EcnState.None;
            options = OptionsOfCookie(options, timestamps);
            SendCookie(now, NewEntry(now, segment, path, options, mss, MakeCookie(now, segment), kept, isCookie: true));
            return;
        }

        uint first = iss ?? Socket.TakeInitialSequenceNumber() ?? _tcp.NextIss(now, local, remote);
        SynQueueEntry entry = NewEntry(now, segment, path, options, mss, first, GrantEcn(segment, path));
        if (TryFastOpen(now, segment, entry))
        {
            return;
        }

        _synQueue.Add(entry);
        Report(now, entry, TcpState.Listen, TcpState.SynReceived, "rcv SYN");
        Notify(now, "SYN queued");
        SendSynAck(now, entry, retransmission: false);
        entry.NextRetransmission = now + TimerWheel.Fires(InitialRto, _tcp.Sysctls.TimerHz);
        _tcp.Add(entry);
    }

    private int AdvertisedMssOn(IpPath path)
    {
        int own = Socket.Options.MaximumSegment;
        return own > 0 ? Math.Min(path.AdvertisedMss, own) : path.AdvertisedMss;
    }

    /// <summary>What a handshake is known by, from its SYN or from the ACK of a cookie.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="segment">The SYN, or the segment after it.</param>
    /// <param name="path">The way back.</param>
    /// <param name="peer">The SYN's options.</param>
    /// <param name="unit">Bytes that the first window is a multiple of.</param>
    /// <param name="iss">ISS.</param>
    /// <param name="ecn">What is granted of ECN.</param>
    /// <param name="isCookie">The entry lives as long as it takes to send a SYN-ACK.</param>
    private SynQueueEntry NewEntry(
        Instant now, scoped in TcpSegment segment, IpPath path, in TcpOptions peer, int unit, uint iss, EcnState ecn,
        bool isCookie = false)
    {
        IpEndpoint local = new(segment.Destination, segment.DestinationPort);
        IpEndpoint remote = new(segment.Source, segment.SourcePort);
        SocketOptions options = Socket.Options;
        int buffer = options.ReceiveBuffer > 0 ? options.ReceiveBuffer : _tcp.Sysctls.RmemDefault;
        (int window, byte scale, int clamp) = TcpConnection.InitialWindow(
            _tcp.Profile, _tcp.Sysctls, path.Route, buffer >> 1, unit, peer.WindowScale >= 0 && _tcp.Sysctls.WindowScaling,
            // With SO_RCVBUF set, the window cannot grow beyond it (Linux: tcp_openreq_init_rwin).
            options.WindowClamp == 0 && options.ReceiveBuffer > 0 ? buffer >> 1 : options.WindowClamp);
        SequenceNumber irs = segment.Has(TcpFlags.Syn) ? segment.Seq : segment.Seq - 1;
        return new(this, path, local, remote, isCookie ? 0 : _tcp.NextId())
        {
            Iss = new SequenceNumber(iss),
            Irs = irs,
            ReceiveNext = irs + 1,
            Options = peer,
            IsCookie = isCookie,
            UsesAo = segment.Options.HasAuthentication && Socket.Authentication is { Ao: not null },
            SendKeyId = segment.Options.RNextKeyId,
            ReceiveKeyId = segment.Options.KeyId,
            AdvertisedMss = (ushort)Math.Clamp(AdvertisedMssOn(path), 88, 65_495),
            ReceiveWindow = window,
            ReceiveScale = scale,
            WindowClamp = clamp,
            TimestampOffset = _tcp.TimestampOffset(local, remote),
            TimestampsRecent = segment.Options.TsVal,
            TimestampsStamp = now,
            Ecn = ecn,
            SynField = segment.Has(TcpFlags.Syn) ? (byte)(segment.TrafficClass & EcnField.Mask) : EcnField.NotEct,
            SynTypeOfService = (byte)(segment.TrafficClass & ~EcnField.Mask),
            SynAckField = SynAckField,
            SavedSyn = options.SaveSyn > 0 && segment.Has(TcpFlags.Syn) && !isCookie ? CopyHeaders(segment) : null,
        };
    }

    /// <summary>What TCP_SAVE_SYN keeps of a SYN: its headers, not its data (Linux: tcp_reqsk_record_syn).</summary>
    private byte[] CopyHeaders(scoped in TcpSegment segment)
    {
        int link = Socket.Options.SaveSyn == SaveLinkHeader ? _tcp.Ip.LinkHeaderLength : 0;
        byte[] headers = new byte[link + segment.IpHeader.Length + segment.HeaderLength];
        if (link > 0)
        {
            _tcp.Ip.WriteLinkHeader(headers, segment.Destination.IsV4);
        }

        segment.IpHeader.CopyTo(headers.AsSpan(link));
        segment.Bytes[..segment.HeaderLength].CopyTo(headers.AsSpan(link + segment.IpHeader.Length));
        return headers;
    }

    /// <summary>accept(2): the oldest complete connection.</summary>
    public Errno Accept(Instant now, TcpSocket into)
    {
        if (!_acceptQueue.TryTake(out TcpConnection connection))
        {
            return Errno.EAGAIN;
        }

        connection.Listener = null;
        connection.Socket = into;
        connection.NoteAccepted();
        into.Adopt(connection);
        Notify(now, "accept");
        return Errno.OK;
    }

    /// <summary>
    /// A connection in the accept queue ended before it was accepted. Linux leaves it there: accept returns it, and the next call
    /// tells.
    /// </summary>
    public void ConnectionGone(Instant now, TcpConnection connection) =>
        Notify(now, connection.State is TcpState.Closed ? "waiting connection ended" : "waiting connection closed");

    /// <summary>
    /// The listening socket is closed: handshakes are forgotten, waiting connections are reset (RFC 9293 §3.10.4, LISTEN).
    /// </summary>
    public void Close(Instant now)
    {
        IsClosed = true;
        _tcp.RemoveListener(this);
        ReusePortGroup<TcpListener>? heirs = _tcp.Sysctls.MigrateRequests && Group is { Count: > 0 } ? Group : null;
        while (_synQueue.Count > 0)
        {
            SynQueueEntry entry = _synQueue[_synQueue.Count - 1];
            if (heirs is null)
            {
                Remove(entry);
                Report(now, entry, TcpState.SynReceived, TcpState.Closed, "CLOSE");
            }
            else
            {
                _synQueue.Remove(entry);
                heirs.Select(entry.Hash).TakeOver(now, entry);
            }
        }

        while (_acceptQueue.TryTake(out TcpConnection connection))
        {
            if (heirs is null)
            {
                connection.Listener = null;
                connection.Abort(now);
            }
            else
            {
                heirs.Select(connection.Hash).TakeOver(now, connection);
            }
        }

        Socket.FastOpenQueue?.Clear();
    }

    /// <summary>
    /// net.ipv4.tcp_migrate_req: another of the SO_REUSEPORT group closed (Linux: reuseport_migrate_sock; it finds handshakes a new socket only
    /// when their ACK or timer comes, which nobody can see).
    /// </summary>
    private void TakeOver(Instant now, SynQueueEntry entry)
    {
        entry.Listener = this;
        _synQueue.Add(entry);
        _tcp.Counters[SnmpCounter.TcpExtTCPMigrateReqSuccess]++;
        Notify(now, "handshake taken over");
    }

    private void TakeOver(Instant now, TcpConnection connection)
    {
        connection.Listener = this;
        _acceptQueue.Add(connection);
        _tcp.Counters[SnmpCounter.TcpExtTCPMigrateReqSuccess]++;
        Notify(now, "connection taken over");
        Socket.Wake(PollEvents.POLLIN);
    }

    private Duration InitialRto => Duration.FromMilliseconds(_tcp.Sysctls.InitialRtoMilliseconds);

    private void Remove(SynQueueEntry entry)
    {
        _synQueue.Remove(entry);
        entry.NextRetransmission = Instant.Never;
        _tcp.Forget(entry);
    }

    private void Report(Instant now, SynQueueEntry entry, TcpState from, TcpState to, string cause) =>
        _tcp.Host.Observer?.StateChanged(new TcpStateChange(now, entry.Id, entry.Local, entry.Remote, from, to, cause));

    private void Notify(Instant now, string cause) =>
        _tcp.Host.Observer?.ListenQueueChanged(
            new ListenQueueChange(now, Local, _synQueue.Count, SynQueueLimit, _acceptQueue.Count, Backlog, cause));
}
