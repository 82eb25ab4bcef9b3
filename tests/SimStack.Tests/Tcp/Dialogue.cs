using System.Buffers.Binary;
using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>
/// One host of ours, and peers whose every segment the test writes itself. No delay on the wire. The host's ISS is
/// <see cref="Iss"/> and the peer's, by convention, <see cref="Irs"/>, so that tests can write sequence numbers as they are.
/// </summary>
internal sealed partial class Dialogue
{
    public const uint Iss = 1000;
    public const uint Irs = 100;
    public const ushort HostPort = 80;
    public const ushort PeerPort = 5000;

    private static readonly MacAddress HostMac = new(0x0200_0000_0001);
    private static readonly MacAddress PeerMac = new(0x0200_0000_0002);
    private readonly Dictionary<IpEndpoint, ScriptedPeer> _peers = [];

    public Dialogue(bool ipv6 = false, Profile? profile = null, Action<Sysctls>? settings = null, ulong secret = 1, HostOptions? options = null)
    {
        IsIpv6 = ipv6;
        Host = new Host(options ?? new HostOptions { Name = "host", Profile = profile ?? Profile.Linux, Secret = secret, FramePool = Pool })
        {
            Observer = new Recorder(this),
        };
        // Timers to the nanosecond, unless a test is about how late a kernel's are.
        Host.Sysctls.TimerHz = 0;
        settings?.Invoke(Host.Sysctls);
        Interface = Host.AddInterface("eth0", HostMac);
        HostAddress = ipv6 ? IpAddress.Parse("fd00::1") : IpAddress.FromV4(10, 0, 0, 1);
        PeerAddress = ipv6 ? IpAddress.Parse("fd00::2") : IpAddress.FromV4(10, 0, 0, 2);
        Host.AddAddress(Interface, HostAddress, ipv6 ? 64 : 24);
        Host.AddNeighbour(Interface, PeerAddress, PeerMac);
        Peer = AddPeer(PeerPort);
    }

    public bool IsIpv6 { get; }

    public FramePool Pool { get; } = new();

    public Host Host { get; }

    public NetworkInterface Interface { get; }

    public IpAddress HostAddress { get; }

    public IpAddress PeerAddress { get; }

    public ScriptedPeer Peer { get; }

    public Instant Now { get; private set; }

    /// <summary>The listening socket, once <see cref="Listen"/> was called.</summary>
    public TcpSocket Listener { get; private set; } = null!;

    /// <summary>The connection's socket: connected or accepted last.</summary>
    public TcpSocket Socket { get; set; } = null!;

    public List<TcpStateChange> Changes { get; } = [];

    public List<TcpTimerEvent> Timers { get; } = [];

    public List<ListenQueueChange> Queues { get; } = [];

    /// <summary>Frames other than TCP that the host sent.</summary>
    public List<byte[]> OtherFrames { get; } = [];

    private AddressFamily Family => IsIpv6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET;

    /// <summary>What a test's data is made of: the byte at a sequence number is its low eight bits.</summary>
    public static byte[] Bytes(uint seq, int length)
    {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
        {
            data[i] = (byte)(seq + i);
        }

        return data;
    }

    /// <summary>Another peer on the same address.</summary>
    public ScriptedPeer AddPeer(ushort port) => AddPeer(new IpEndpoint(PeerAddress, port));

    /// <summary>A peer elsewhere.</summary>
    public ScriptedPeer AddPeer(IpEndpoint endpoint)
    {
        ScriptedPeer peer = new(this, endpoint) { Host = new IpEndpoint(HostAddress, HostPort) };
        _peers.Add(peer.Endpoint, peer);
        return peer;
    }

    public TcpSocket NewSocket() => Host.OpenTcpSocket(Family);

    /// <summary>Socket, bind, listen on <see cref="HostPort"/>; the first connection gets <see cref="Iss"/>.</summary>
    public TcpSocket Listen(int backlog = 5, Action<TcpSocket>? options = null)
    {
        Listener = NewSocket();
        options?.Invoke(Listener);
        Assert.Equal(Errno.OK, Listener.Bind(new IpEndpoint(HostAddress, HostPort)));
        Listener.SetInitialSequenceNumber(Iss);
        Assert.Equal(Errno.OK, Listener.Listen(Now, backlog));
        return Listener;
    }

    public TcpSocket Accept()
    {
        Assert.Equal(Errno.OK, Listener.Accept(Now, out TcpSocket? socket));
        return Socket = socket!;
    }

    /// <summary>Socket and connect to the peer from <see cref="HostPort"/>, with <see cref="Iss"/>; the SYN is left to be expected.</summary>
    public TcpSocket Connect(ScriptedPeer? peer = null, Action<TcpSocket>? options = null)
    {
        Socket = NewSocket();
        options?.Invoke(Socket);
        Assert.Equal(Errno.OK, Socket.Bind(new IpEndpoint(HostAddress, HostPort)));
        Socket.SetInitialSequenceNumber(Iss);
        Assert.Equal(Errno.EINPROGRESS, Socket.Connect(Now, (peer ?? Peer).Endpoint));
        return Socket;
    }

    /// <summary>A passive open to the end; the SYN's options are the test's. The next numbers are Irs + 1 and Iss + 1.</summary>
    public TcpSocket EstablishPassively(SegmentPattern? syn = null, Action<TcpSocket>? options = null)
    {
        Listen(options: options);
        Peer.Send((syn ?? Segments.Syn().Mss(1460)) with { Seq = Irs });
        SegmentPattern synAck = Peer.Expect(Segments.SynAck(Iss, Irs + 1));
        SegmentPattern ack = Segments.Ack(Irs + 1, Iss + 1);
        Peer.Send(syn?.HasTimestamps == true ? ack.Ts(syn.TsVal!.Value, synAck.TsVal!.Value) : ack);
        return Accept();
    }

    /// <summary>An active open to the end; the SYN-ACK's options are the test's.</summary>
    public TcpSocket EstablishActively(SegmentPattern? synAck = null, Action<TcpSocket>? options = null)
    {
        Connect(options: options);
        SegmentPattern syn = Peer.Expect(Segments.Syn(Iss));
        synAck = (synAck ?? Segments.SynAck().Mss(1460)) with { Seq = Irs, Ack = Iss + 1 };
        Peer.Send(synAck.HasTimestamps == true ? synAck with { TsEcr = syn.TsVal } : synAck);
        Peer.Expect(Segments.Ack(Iss + 1, Irs + 1));
        Assert.Equal(TcpState.Established, Socket.State);
        return Socket;
    }

    /// <summary>Lets time pass; timers go off in between at their instants.</summary>
    public void Advance(Duration span)
    {
        Instant end = Now + span;
        Drain();
        for (int guard = 0; Host.NextDeadline <= end; guard++)
        {
            Assert.True(guard < 100_000, "the host's timers go off without end");
            Now = Instant.Max(Now, Host.NextDeadline);
            Host.Advance(Now);
            Drain();
        }

        Now = end;
    }

    public void AdvanceMs(long milliseconds) => Advance(Duration.FromMilliseconds(milliseconds));

    /// <summary>The state of the connection with that peer as the socket table shows it; CLOSED when there is none.</summary>
    public TcpState StateOf(ScriptedPeer? peer = null)
    {
        List<SocketTableRow> rows = [];
        Host.GetSocketTable(rows);
        IpEndpoint remote = (peer ?? Peer).Endpoint;
        foreach (SocketTableRow row in rows)
        {
            if (row.Remote == remote)
            {
                return row.State;
            }
        }

        return TcpState.Closed;
    }

    /// <summary>The state changes since the last call, as <c>LISTEN -> SYN-RECEIVED (rcv SYN)</c>.</summary>
    public string[] TakeChanges()
    {
        string[] text = [.. Changes.Select(c => $"{c.From.ToRfcName()} -> {c.To.ToRfcName()} ({c.Cause})")];
        Changes.Clear();
        return text;
    }

    /// <summary>Moves frames that the host sent to the peers they are for.</summary>
    public void Drain()
    {
        while (Interface.TryDequeue(out Frame? frame))
        {
            Sort(frame);
            Pool.Return(frame);
        }

        // What goes over the loopback interface comes back at once.
        while (Host.Loopback.TryDequeue(out Frame? frame))
        {
            Host.Receive(Now, Host.Loopback, frame.Bytes);
            Pool.Return(frame);
        }

        while (!KeepsReady && Host.TryTakeReady(out _))
        {
        }
    }

    /// <summary>Gives the host a frame as it is.</summary>
    public void DeliverFrame(ReadOnlySpan<byte> frame)
    {
        Host.Receive(Now, Interface, frame);
        Drain();
    }

    /// <summary>An ICMP or ICMPv6 error from the peer's address about a segment that the host sent with that sequence number.</summary>
    public void DeliverIcmpError(byte type, byte code, uint seq, ScriptedPeer? peer = null, uint rest = 0)
    {
        IpEndpoint about = (peer ?? Peer).Endpoint;
        Span<byte> quote = new byte[IsIpv6 ? 48 : 28];
        _ = IsIpv6
            ? Ipv6Writer.Write(quote, HostAddress, about.Address, IpProtocol.Tcp, 20)
            : Ipv4Writer.Write(quote, HostAddress, about.Address, IpProtocol.Tcp, 20);
        BinaryPrimitives.WriteUInt16BigEndian(quote[^8..], HostPort);
        BinaryPrimitives.WriteUInt16BigEndian(quote[^6..], about.Port);
        BinaryPrimitives.WriteUInt32BigEndian(quote[^4..], seq);
        Span<byte> frame = new byte[14 + 40 + 8 + quote.Length];
        EthernetWriter.Write(frame, HostMac, PeerMac, IsIpv6 ? EtherType.Ipv6 : EtherType.Ipv4);
        int length = IsIpv6
            ? Icmpv6Writer.WriteError(frame[54..], PeerAddress, HostAddress, (Icmpv6Type)type, code, rest, quote)
            : IcmpWriter.WriteError(frame[34..], (IcmpType)type, code, rest, quote);
        int header = IsIpv6
            ? Ipv6Writer.Write(frame[14..], PeerAddress, HostAddress, IpProtocol.IcmpV6, length)
            : Ipv4Writer.Write(frame[14..], PeerAddress, HostAddress, IpProtocol.Icmp, length);
        DeliverFrame(frame[..(14 + header + length)]);
    }

    internal void Deliver(IpEndpoint from, IpEndpoint to, SegmentPattern segment, ReadOnlySpan<byte> data)
    {
        Span<byte> frame = new byte[14 + 40 + 60 + data.Length];
        int ip = IsIpv6 ? 40 : 20;
        Span<byte> tcp = frame[(14 + ip)..];
        int header = TcpWriter.Write(
            tcp,
            from.Port,
            to.Port,
            new SequenceNumber(segment.Seq ?? 0),
            new SequenceNumber(segment.Ack ?? 0),
            segment.Pushed == true ? segment.Flags | TcpFlags.Psh : segment.Flags,
            segment.Window ?? 65_535,
            segment.UrgentPointer ?? 0,
            OptionsOf(segment),
            TcpOptionLayout.Linux);
        data.CopyTo(tcp[header..]);
        int length = header + data.Length;
        segment.Signature?.Fill(tcp[..length], from.Address, to.Address);
        TcpWriter.WriteChecksum(tcp[..length], from.Address, to.Address);
        EthernetWriter.Write(frame, HostMac, PeerMac, IsIpv6 ? EtherType.Ipv6 : EtherType.Ipv4);
        _ = IsIpv6
            ? Ipv6Writer.Write(frame[14..], from.Address, to.Address, IpProtocol.Tcp, length, trafficClass: segment.EcnField)
            : Ipv4Writer.Write(frame[14..], from.Address, to.Address, IpProtocol.Tcp, length, trafficClass: segment.EcnField);
        DeliverFrame(WithPeersIpOptions(frame[..(14 + ip + length)]));
    }

    private static TcpOptions OptionsOf(SegmentPattern segment)
    {
        TcpOptions options = default;
        options.Mss = (ushort)(segment.MssOption ?? 0);
        options.WindowScale = (sbyte)(segment.ScaleOption ?? -1);
        options.SackPermitted = segment.SackPermittedOption == true;
        options.HasTimestamps = segment.HasTimestamps == true;
        options.TsVal = segment.TsVal ?? 0;
        options.TsEcr = segment.TsEcr ?? 0;
        foreach (SackBlock block in segment.SackBlocks ?? [])
        {
            options.AddSack(block);
        }

        if (segment.Cookie is { } cookie)
        {
            options.SetFastOpenCookie(Convert.FromHexString(cookie));
        }

        segment.Signature?.Mark(ref options);
        return options;
    }

    private void Sort(Frame frame)
    {
        ReadOnlySpan<byte> packet = frame.Bytes[14..];
        int ip = IsIpv6 ? 40 : (packet[0] & 0xF) * 4;
        bool tcp = packet.Length > ip && packet[0] >> 4 == (IsIpv6 ? 6 : 4) && packet[IsIpv6 ? 6 : 9] == (byte)IpProtocol.Tcp;
        if (!tcp)
        {
            OtherFrames.Add(frame.Bytes.ToArray());
            return;
        }

        IpAddress source = IpAddress.FromBytes(IsIpv6 ? packet.Slice(8, 16) : packet.Slice(12, 4));
        IpAddress destination = IsIpv6 ? IpAddress.FromBytes(packet.Slice(24, 16)) : LastDestination(packet);
        Packets?.Add(packet.ToArray());
        Assert.True(TcpView.VerifyChecksum(source, destination, packet[ip..]), "the host sent a wrong checksum");
        Assert.True(TcpView.TryParse(packet[ip..], out TcpView view, out _));
        Assert.True(_peers.TryGetValue(new IpEndpoint(destination, view.DestinationPort), out ScriptedPeer? peer), "a segment for no peer");
        peer.Take(view, Now, view.SourcePort, source, frame.GroupFollows);
    }

    private sealed class Recorder(Dialogue net) : HostObserver
    {
        public override void StateChanged(in TcpStateChange change)
        {
            Assert.True(TransitionTable.Allows(change.From, change.To), $"{change} is not an edge of RFC 9293");
            net.Changes.Add(change);
        }

        public override void TimerFired(in TcpTimerEvent timer) => net.Timers.Add(timer);

        public override void ListenQueueChanged(in ListenQueueChange change) => net.Queues.Add(change);
    }
}
