using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>The packets between two endpoints: one TCP connection, one UDP flow, the echoes of one identifier.</summary>
internal sealed class Conversation
{
    private readonly SequenceBase _initiator;
    private readonly SequenceBase _responder;
    private readonly int _firstEcho;
    private bool _initiatorWentOn;

    /// <summary>Begins with its first packet, whose sender is the initiator unless its flags say otherwise.</summary>
    public Conversation(PacketFacts first, Conversation? before)
    {
        Kind = first.Kind;
        // SYN,ACK answers a SYN that was not captured.
        bool isAnswer = first.Kind == PacketKind.Tcp && first.Has(TcpFlags.Syn | TcpFlags.Ack);
        (Initiator, InitiatorPort, Responder, ResponderPort) = isAnswer
            ? (first.Destination, first.DestinationPort, first.Source, first.SourcePort)
            : (first.Source, first.SourcePort, first.Destination, first.DestinationPort);
        bool sameSide = before is not null && before.Initiator.Equals(Initiator) && before.InitiatorPort == InitiatorPort;
        _initiator = before is null ? new() : (sameSide ? before._initiator : before._responder).Next();
        _responder = before is null ? new() : (sameSide ? before._responder : before._initiator).Next();
        _firstEcho = first.EchoSequence;
    }

    public PacketKind Kind { get; }
    public IpAddress Initiator { get; }
    public ushort InitiatorPort { get; }
    public IpAddress Responder { get; }
    public ushort ResponderPort { get; }

    /// <summary>Counts from 1 within its kind, in the order of appearance.</summary>
    public int Number { get; set; }

    /// <summary>All packets in the order of the file.</summary>
    public List<PacketFacts> Packets { get; } = [];

    public PacketFacts First => Packets[0];

    /// <summary>What it is, for people: <c>TCP connection 2</c>.</summary>
    public string Name
    {
        get
        {
            string what = Kind switch
            {
                PacketKind.Tcp => "TCP connection",
                PacketKind.Udp => "UDP flow",
                PacketKind.Echo => "ping",
                PacketKind.IcmpError or PacketKind.Icmp => "ICMP exchange",
                PacketKind.Fragment => "series of fragments",
                PacketKind.Neighbour => "neighbour exchange",
                _ => $"exchange of protocol {(int)First.Protocol}",
            };
            return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what} {Number}");
        }
    }

    /// <summary>A SYN with another number than this connection's: the ports are used again.</summary>
    public bool IsEndedBy(PacketFacts packet)
    {
        if (packet.Kind != PacketKind.Tcp || (packet.Flags & (TcpFlags.Syn | TcpFlags.Ack)) != TcpFlags.Syn)
        {
            return false;
        }

        SequenceBase own = IsFromInitiator(packet) ? _initiator : _responder;
        return own.IsKnown && own.Start != packet.Seq;
    }

    /// <summary>Takes the next packet and makes its numbers relative.</summary>
    public void Add(PacketFacts packet)
    {
        packet.FromInitiator = IsFromInitiator(packet);
        if (packet.Kind == PacketKind.Tcp)
        {
            AddSegment(packet);
        }
        else if (packet.Kind == PacketKind.Echo)
        {
            packet.RelativeEcho = (ushort)(packet.EchoSequence - _firstEcho);
        }

        Packets.Add(packet);
    }

    /// <summary>Takes an ICMP error about one of its packets; it comes from the other end's side, or from a router there.</summary>
    public void AddError(PacketFacts error, PacketFacts quote)
    {
        bool quoteFromInitiator = IsFromInitiator(quote);
        quote.FromInitiator = quoteFromInitiator;
        error.FromInitiator = !quoteFromInitiator;
        if (quote.Kind == PacketKind.Tcp)
        {
            quote.RelativeSeq = (quoteFromInitiator ? _initiator : _responder).Relative(quote.Seq);
        }
        else if (quote.Kind == PacketKind.Echo)
        {
            quote.RelativeEcho = (ushort)(quote.EchoSequence - _firstEcho);
        }

        Packets.Add(error);
    }

    private bool IsFromInitiator(PacketFacts packet) =>
        packet.Source.Equals(Initiator) && packet.SourcePort == InitiatorPort
            // Both ends may have one address and port, as in a connection to itself.
            && (!packet.Source.Equals(Responder) || packet.SourcePort != ResponderPort || packet.Has(TcpFlags.Syn));

    private void AddSegment(PacketFacts segment)
    {
        SequenceBase own = segment.FromInitiator ? _initiator : _responder;
        SequenceBase other = segment.FromInitiator ? _responder : _initiator;
        bool syn = segment.Has(TcpFlags.Syn);
        bool rst = segment.Has(TcpFlags.Rst);
        if (syn && (!own.IsKnown || own.Start != segment.Seq))
        {
            own.Begin(segment.Seq);
        }
        else if (!own.IsKnown && !rst && Packets.Count == 0)
        {
            // The capture began after the SYN.
            own.Begin(segment.Seq - 1);
        }

        if (segment.Has(TcpFlags.Ack) && !rst && !other.IsKnown && IsAnswerable(segment))
        {
            other.Begin(segment.Ack - 1);
        }

        segment.RelativeSeq = own.Relative(segment.Seq);
        segment.RelativeAck = segment.Has(TcpFlags.Ack) ? other.Relative(segment.Ack) : 0;
        segment.Options = OptionText.Of(segment.OptionBytes, other.Relative);
        segment.OptionBytes = [];
        segment.IsHandshake = syn || !_initiatorWentOn;
        _initiatorWentOn |= segment.FromInitiator && !syn && !rst;
        Follow(segment, own);
    }

    // Before the responder's SYN, only an initiator that goes on tells where the responder's numbers begin: what a responder
    // acknowledges by itself may belong to an old connection.
    private bool IsAnswerable(PacketFacts segment) => segment.FromInitiator || Packets.Count == 0;

    private static void Follow(PacketFacts segment, SequenceBase own)
    {
        if (!own.IsKnown)
        {
            return;
        }

        SequenceNumber end = segment.Seq + segment.SequenceLength;
        // RFC 9293 §3.8.4 and §3.8.6.1: a keep-alive or a probe begins below what was sent, and has at most a byte.
        segment.IsRepetition = !segment.Has(TcpFlags.Rst) && segment.Seq < own.End && end <= own.End;
        own.End = SequenceNumber.Max(own.End, end);
    }
}
