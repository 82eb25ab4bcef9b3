using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>What fault rules look at: a frame with its headers read once. Checksums are not verified.</summary>
public readonly ref struct FrameSummary
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
        ReadOnlySpan<byte> payload = default;
        if (EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _))
        {
            (Source, Destination, Protocol, IsFragment) = (v4.Source, v4.Destination, v4.Protocol, v4.IsFragment);
            payload = v4.Payload;
        }
        else if (EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _))
        {
            (Source, Destination, Protocol, IsFragment) = (v6.Source, v6.Destination, v6.Protocol, v6.IsFragment);
            payload = v6.Payload;
        }

        PayloadLength = payload.Length;
        if (Protocol == IpProtocol.Tcp && !IsFragment && TcpView.TryParse(payload, out TcpView tcp, out _))
        {
            IsTcp = true;
            (SourcePort, DestinationPort) = (tcp.SourcePort, tcp.DestinationPort);
            (Sequence, Acknowledgment, Flags) = (tcp.Sequence, tcp.Acknowledgment, tcp.Flags);
            PayloadLength = tcp.Payload.Length;
        }
        else if (Protocol == IpProtocol.Udp && !IsFragment && UdpView.TryParse(payload, out UdpView udp, out _))
        {
            (SourcePort, DestinationPort) = (udp.SourcePort, udp.DestinationPort);
            PayloadLength = udp.Payload.Length;
        }
    }

    /// <summary>When the link got it.</summary>
    public Instant Time { get; }

    /// <summary>Which way it goes.</summary>
    public LinkSide Side { get; }

    /// <summary>Its number among the packets that this direction got, from 1.</summary>
    public long Number { get; }

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Frame { get; }

    /// <summary>Type of what follows the Ethernet header.</summary>
    public EtherType EtherType { get; }

    /// <summary>IP source address; unspecified for other packets.</summary>
    public IpAddress Source { get; }

    /// <summary>IP destination address; unspecified for other packets.</summary>
    public IpAddress Destination { get; }

    /// <summary>Protocol behind the IP header.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>A fragment; its transport header is not read.</summary>
    public bool IsFragment { get; }

    /// <summary>True when the TCP properties are set.</summary>
    public bool IsTcp { get; }

    /// <summary>TCP's or UDP's source port.</summary>
    public ushort SourcePort { get; }

    /// <summary>TCP's or UDP's destination port.</summary>
    public ushort DestinationPort { get; }

    /// <summary>SEG.SEQ</summary>
    public SequenceNumber Sequence { get; }

    /// <summary>SEG.ACK; meaningful with ACK in <see cref="Flags"/>.</summary>
    public SequenceNumber Acknowledgment { get; }

    /// <summary>TCP's control bits.</summary>
    public TcpFlags Flags { get; }

    /// <summary>Bytes behind the innermost header that was read.</summary>
    public int PayloadLength { get; }
}
