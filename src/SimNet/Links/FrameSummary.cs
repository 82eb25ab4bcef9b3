using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>What fault rules look at: a frame with its headers read once. Transport checksums are not verified.</summary>
public ref struct FrameSummary
{
    /// <summary>Reads a frame's headers; whatever can't be read stays at its default.</summary>
    internal FrameSummary(Instant time, LinkSide side, long number, ReadOnlySpan<byte> frame)
    {
        Time = time;
        Side = side;
        Number = number;
        Frame = frame;
        if (!EthernetView.TryParse(frame, out EthernetView ethernet, out _))
        {
            return;
        }

        EtherType = ethernet.EtherType;
        Kind = EtherType == EtherType.Arp ? FrameKinds.Arp : FrameKinds.Other;
        if (EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _))
        {
            IsIp = true;
            (Source, Destination, Protocol, IsFragment) = (v4.Source, v4.Destination, v4.Protocol, v4.IsFragment);
            (Ttl, TrafficClass, IpId) = (v4.Ttl, v4.TrafficClass, v4.Id);
            Payload = v4.Payload;
            TransportOffset = EthernetView.HeaderLength + v4.HeaderLength;
        }
        else if (EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _))
        {
            IsIp = true;
            (Source, Destination, Protocol, IsFragment) = (v6.Source, v6.Destination, v6.Protocol, v6.IsFragment);
            (Ttl, TrafficClass, IpId) = (v6.HopLimit, v6.TrafficClass, v6.FragmentId);
            Payload = v6.Payload;
            TransportOffset = EthernetView.HeaderLength + v6.Bytes.Length - v6.Payload.Length;
        }

        PayloadOffset = TransportOffset;
        ReadTransport();
    }

    /// <summary>When the link got it.</summary>
    public Instant Time { get; }

    /// <summary>Which way it goes.</summary>
    public LinkSide Side { get; }

    /// <summary>Its number among the packets that this direction got, from 1.</summary>
    public long Number { get; }

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>What it carries; of a fragment, what its IP header says.</summary>
    public FrameKinds Kind { get; private set; }

    /// <summary>Type of what follows the Ethernet header.</summary>
    public EtherType EtherType { get; }

    /// <summary>True when the IP properties are set.</summary>
    public bool IsIp { get; }

    /// <summary>IP source address; unspecified for other packets.</summary>
    public IpAddress Source { get; }

    /// <summary>IP destination address; unspecified for other packets.</summary>
    public IpAddress Destination { get; }

    /// <summary>Protocol behind the IP header.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>Time to live, or hop limit.</summary>
    public byte Ttl { get; }

    /// <summary>DSCP in the upper six bits, ECN in the lower two.</summary>
    public byte TrafficClass { get; }

    /// <summary>IPv4's identification, or that of IPv6's fragment header.</summary>
    public uint IpId { get; }

    /// <summary>A fragment; its transport header is not read.</summary>
    public bool IsFragment { get; }

    /// <summary>True when the TCP properties are set.</summary>
    public bool IsTcp { get; private set; }

    /// <summary>TCP's or UDP's source port.</summary>
    public ushort SourcePort { get; private set; }

    /// <summary>TCP's or UDP's destination port.</summary>
    public ushort DestinationPort { get; private set; }

    /// <summary>SEG.SEQ</summary>
    public SequenceNumber Sequence { get; private set; }

    /// <summary>SEG.ACK; meaningful with ACK in <see cref="Flags"/>.</summary>
    public SequenceNumber Acknowledgment { get; private set; }

    /// <summary>TCP's control bits.</summary>
    public TcpFlags Flags { get; private set; }

    /// <summary>Type of an ICMP or ICMPv6 message; -1 for other packets.</summary>
    public int IcmpType { get; private set; } = -1;

    /// <summary>Code of an ICMP or ICMPv6 message; -1 for other packets.</summary>
    public int IcmpCode { get; private set; } = -1;

    /// <summary>What is behind the innermost header that was read.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Bytes behind the innermost header that was read.</summary>
    public readonly int PayloadLength => Payload.Length;

    /// <summary>
    /// SEG.SEQ counted from the SYN (which is 0) that passed the link; null for what isn't TCP, and while no rule of the link asks.
    /// </summary>
    public readonly uint? RelativeSequence => Flow.Sequence;

    /// <summary>SEG.ACK counted from the other side's SYN; null without ACK, and while no rule of the link asks.</summary>
    public readonly uint? RelativeAcknowledgment => Flow.Acknowledgment;

    /// <summary>It begins in sequence space that passed before; false while no rule of the link asks.</summary>
    public readonly bool IsRetransmission => Flow.IsRetransmission;

    /// <summary>Where the transport header begins, in bytes from the frame's first; 0 for what isn't IP.</summary>
    internal int TransportOffset { get; }

    /// <summary>Where <see cref="Payload"/> begins, in bytes from the frame's first; 0 for what isn't IP.</summary>
    internal int PayloadOffset { get; private set; }

    internal FlowPosition Flow { readonly get; set; }

    private void ReadTransport()
    {
        Kind = (Protocol, EtherType) switch
        {
            _ when !IsIp => Kind,
            (IpProtocol.Tcp, _) => FrameKinds.Tcp,
            (IpProtocol.Udp, _) => FrameKinds.Udp,
            (IpProtocol.Icmp, EtherType.Ipv4) => FrameKinds.IcmpV4,
            (IpProtocol.IcmpV6, EtherType.Ipv6) => FrameKinds.IcmpV6,
            _ => FrameKinds.Other,
        };
        if (IsFragment)
        {
            return;
        }

        if (Kind == FrameKinds.Tcp && TcpView.TryParse(Payload, out TcpView tcp, out _))
        {
            IsTcp = true;
            (SourcePort, DestinationPort) = (tcp.SourcePort, tcp.DestinationPort);
            (Sequence, Acknowledgment, Flags) = (tcp.Sequence, tcp.Acknowledgment, tcp.Flags);
            Payload = tcp.Payload;
            PayloadOffset += tcp.HeaderLength;
        }
        else if (Kind == FrameKinds.Udp && UdpView.TryParse(Payload, out UdpView udp, out _))
        {
            (SourcePort, DestinationPort) = (udp.SourcePort, udp.DestinationPort);
            Payload = udp.Payload;
            PayloadOffset += UdpView.HeaderLength;
        }
        else if (Kind is FrameKinds.IcmpV4 or FrameKinds.IcmpV6 && Payload.Length >= IcmpView.HeaderLength)
        {
            (IcmpType, IcmpCode) = (Payload[0], Payload[1]);
            Kind = Kind == FrameKinds.IcmpV6 && IcmpType is >= 133 and <= 137 ? FrameKinds.Ndp : Kind;
            Payload = Payload[IcmpView.HeaderLength..];
            PayloadOffset += IcmpView.HeaderLength;
        }
    }
}
