using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// The packet lines of a script: which socket a line is about, what an inbound one is on the wire, and whether what the machine
/// sent is what an outbound one says.
/// </summary>
internal sealed class PacketExchange(TestMachine machine, ScriptSettings settings)
{
    // Each passive connection comes from a port of its own, so that no earlier one's TIME-WAIT is in its way.
    private ushort _nextRemotePort = 40_001;

    /// <summary>The socket that the line is about, made where the line is the first of a passive connection.</summary>
    /// <returns>Null where no socket takes such a packet.</returns>
    public SocketUnderTest? FindSocket(ScriptPacket packet)
    {
        SocketUnderTest? current = machine.Sockets.UnderTest;
        PacketImage image = packet.Image;
        bool inbound = packet.Spec.Direction == PacketDirection.Inbound;
        if (image.IsTcp && inbound && (current is null || current.Phase == SocketPhase.Listening))
        {
            return machine.Sockets.UnderTest = AddChild(image);
        }

        if (image.IsTcp && !inbound && image.Has(TcpFlags.Syn) && !image.Has(TcpFlags.Ack) && current?.Phase == SocketPhase.Connecting)
        {
            current.Phase = SocketPhase.SynSent;
            current.ScriptLocalIsn = image.Sequence;
            return current;
        }

        if (current is null)
        {
            return null;
        }

        bool takes = current.Protocol is IpProtocol.Tcp or IpProtocol.Udp
            ? image.Protocol == current.Protocol || image.IsIcmp
            : image.Protocol == current.Protocol;
        return takes || image.SourcePort != 0 || image.DestinationPort != 0 ? current : null;
    }

    /// <summary>Injects an inbound packet now.</summary>
    /// <returns>Why it cannot be; null when it was.</returns>
    public string? Inject(ScriptPacket packet, SocketUnderTest socket)
    {
        PacketImage live = packet.Image.Copy();
        NoteArrival(packet.Image, socket);
        if (live.SourcePort == 0)
        {
            live.SourcePort = socket.LiveRemote.Port;
        }

        if (live.DestinationPort == 0)
        {
            live.DestinationPort = socket.LiveLocal.Port;
        }

        (live.Source, live.Destination) = (socket.LiveRemote.Address, socket.LiveLocal.Address);
        if (live.IsIcmp)
        {
            (live.Source, live.Destination) = (machine.Remote, machine.Local);
            CompleteQuote(packet, live, socket);
        }
        else if (live.IsTcp && NumberMap.ToLive(live, socket, settings.ScalesEchoes) is { } reason)
        {
            return reason;
        }

        if (packet.SignatureKey is { } key)
        {
            PacketSignature.Sign(live, key);
        }

        machine.Receive(live.ToBytes());
        return null;
    }

    /// <summary>Takes packets that the machine has sent up to the first that belongs to the socket; others are not looked at.</summary>
    /// <returns>Null when none is there yet.</returns>
    public (LivePacket Packet, PacketImage Image)? TakeNext(SocketUnderTest socket)
    {
        while (machine.Outgoing.TryDequeue(out LivePacket? packet))
        {
            if (PacketImage.Parse(packet.Bytes) is { } image && Belongs(image, socket))
            {
                return (packet, image);
            }
        }

        return null;
    }

    /// <summary>Turns a live packet's numbers into those of the script; a SYN-ACK fixes what the machine's are.</summary>
    public static void ToScript(PacketImage live, SocketUnderTest socket)
    {
        if (!live.IsTcp)
        {
            return;
        }

        // Whatever the line says: where it says otherwise, it is told in the script's numbers.
        if (socket.Phase == SocketPhase.SynReceived && live.Has(TcpFlags.Syn | TcpFlags.Ack))
        {
            socket.Phase = SocketPhase.SynAckSent;
            socket.LiveLocalIsn = live.Sequence;
        }

        NumberMap.ToScript(live, socket);
    }

    /// <summary>An outbound SYN-ACK line says what the machine's initial number is in the script.</summary>
    public static void NoteExpectation(ScriptPacket script, SocketUnderTest socket)
    {
        if (socket.Phase == SocketPhase.SynReceived && script.Image.IsTcp && script.Image.Has(TcpFlags.Syn | TcpFlags.Ack))
        {
            socket.ScriptLocalIsn = script.Image.Sequence;
        }
    }

    private SocketUnderTest AddChild(PacketImage first) => machine.Sockets.Add(new SocketUnderTest
    {
        Phase = SocketPhase.SynReceived,
        Protocol = IpProtocol.Tcp,
        RemoteIsn = first.Sequence,
        LiveRemote = new IpEndpoint(machine.Remote, _nextRemotePort++),
        LiveLocal = machine.BindEndpoint,
    });

    private static void NoteArrival(PacketImage packet, SocketUnderTest socket)
    {
        if (!packet.IsTcp || !packet.Has(TcpFlags.Ack))
        {
            return;
        }

        if (socket.Phase == SocketPhase.SynAckSent)
        {
            socket.Phase = SocketPhase.SynAckAcknowledged;
        }
        else if (socket.Phase == SocketPhase.SynSent && packet.Has(TcpFlags.Syn))
        {
            socket.Phase = SocketPhase.SynAcknowledged;
            socket.RemoteIsn = packet.Sequence;
        }
    }

    private static void CompleteQuote(ScriptPacket packet, PacketImage live, SocketUnderTest socket)
    {
        if (((IcmpSpec)packet.Spec.Transport).Payload is RawPayload)
        {
            return;
        }

        byte[] quote = live.Payload.ToArray();
        IcmpBuilder.Complete(quote, live.IsV6, socket.LiveLocal, socket.LiveRemote, socket.LocalOffset(isSyn: false));
        live.Payload = quote;
    }

    private static bool Belongs(PacketImage image, SocketUnderTest socket)
    {
        bool isPing = image.IsIcmp && image.Protocol == socket.Protocol;
        bool toRemote = image.Destination == socket.LiveRemote.Address && (isPing || image.DestinationPort == socket.LiveRemote.Port);
        if (!toRemote)
        {
            return false;
        }

        if (image.Source == socket.LiveLocal.Address && (isPing || (image.SourcePort == socket.LiveLocal.Port && !image.IsIcmp)))
        {
            return true;
        }

        // The first packet of an active socket tells which address and port the machine chose.
        bool isFirst = image.IsTcp
            ? socket is { Protocol: IpProtocol.Tcp, Phase: SocketPhase.SynSent } && image.Has(TcpFlags.Syn) && !image.Has(TcpFlags.Ack)
            : socket.Phase == SocketPhase.Connecting && image.Protocol == socket.Protocol;
        if (!isFirst)
        {
            return false;
        }

        socket.LiveLocal = new IpEndpoint(image.Source, image.SourcePort);
        socket.LiveLocalIsn = image.Sequence;
        return true;
    }
}
