using SimStack.Ip;

namespace SimNet.Scripting.Comparison;

/// <summary>Sorts the packets of a capture into conversations.</summary>
internal sealed class ConversationTable
{
    private readonly Dictionary<Key, Conversation> _current = [];
    private readonly Dictionary<(IpAddress, IpAddress, IpProtocol, uint), Conversation> _fragmented = [];
    private readonly Dictionary<PacketKind, int> _counts = [];

    /// <summary>In the order of their first packets.</summary>
    public List<Conversation> Conversations { get; } = [];

    /// <summary>Adds a packet to its conversation.</summary>
    public void Add(PacketFacts packet)
    {
        if (packet.Kind == PacketKind.IcmpError && packet.Quote is { } quote && _current.TryGetValue(Key.Of(quote), out Conversation? about))
        {
            about.AddError(packet, quote);
            return;
        }

        var fragment = (packet.Source, packet.Destination, packet.Protocol, packet.Id);
        if (packet.Kind == PacketKind.Fragment && _fragmented.TryGetValue(fragment, out Conversation? whole))
        {
            packet.SourcePort = whole.Initiator.Equals(packet.Source) ? whole.InitiatorPort : whole.ResponderPort;
            whole.Add(packet);
            return;
        }

        var key = Key.Of(packet);
        _current.TryGetValue(key, out Conversation? conversation);
        if (conversation is null || conversation.IsEndedBy(packet))
        {
            conversation = new Conversation(packet, conversation);
            _current[key] = conversation;
            int number = _counts.GetValueOrDefault(packet.Kind) + 1;
            _counts[packet.Kind] = number;
            conversation.Number = number;
            Conversations.Add(conversation);
        }

        conversation.Add(packet);
        if (packet.MoreFragments)
        {
            _fragmented[fragment] = conversation;
        }
    }

    /// <summary>What packets of one conversation have in common, in either direction.</summary>
    private readonly record struct Key(PacketKind Kind, IpProtocol Protocol, IpEndpoint Low, IpEndpoint High, int Echo)
    {
        public static Key Of(PacketFacts packet)
        {
            var source = new IpEndpoint(packet.Source, packet.SourcePort);
            var destination = new IpEndpoint(packet.Destination, packet.DestinationPort);
            int order = packet.Source.CompareTo(packet.Destination);
            bool swap = order > 0 || (order == 0 && packet.SourcePort > packet.DestinationPort);
            PacketKind kind = packet.Kind == PacketKind.Icmp ? PacketKind.IcmpError : packet.Kind;
            return swap
                ? new(kind, packet.Protocol, destination, source, packet.EchoId)
                : new(kind, packet.Protocol, source, destination, packet.EchoId);
        }
    }
}
