using System.Buffers.Binary;
using SimNet.Links;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Changes a captured packet into the one that its sender would have sent to the simulated host.</summary>
internal static class FieldRewriter
{
    private const int V4Destination = EthernetView.HeaderLength + 16;
    private const int V6Destination = EthernetView.HeaderLength + 24;

    /// <summary>Writes the simulated host's address, port, and the numbers of its own.</summary>
    /// <param name="frame">Ethernet header first; its checksums are left to the caller.</param>
    /// <param name="packet">The frame's headers as they were.</param>
    /// <param name="own">The address to write.</param>
    /// <param name="flow">Null: there is nothing to know of it.</param>
    /// <param name="flows">For what an ICMP error is about.</param>
    public static void Rewrite(Span<byte> frame, in FrameSummary packet, IpAddress own, FieldFlow? flow, FieldFlows flows)
    {
        if (packet.Destination != own)
        {
            own.WriteTo(frame[(own.IsV4 ? V4Destination : V6Destination)..]);
        }

        Span<byte> transport = frame[packet.TransportOffset..];
        if (flow?.Simulated is { } end && !packet.IsFragment)
        {
            int at = packet.IsTcp || packet.Protocol == IpProtocol.Udp ? 2 : packet.IcmpType is 0 or 129 ? 4 : -1;
            if (at >= 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(transport[at..], end.Port);
            }
        }

        if (packet.IsTcp && flow is not null && (packet.Flags & TcpFlags.Ack) != 0)
        {
            RewriteNumbers(transport, flow);
        }
        else if (IsError(packet))
        {
            RewriteQuote(transport[IcmpView.HeaderLength..], own, flows);
        }
    }

    private static bool IsError(in FrameSummary packet) =>
        packet.Protocol == IpProtocol.Icmp ? packet.IcmpType is 3 or 4 or 5 or 11 or 12
        : packet.Protocol == IpProtocol.IcmpV6 && packet.IcmpType is > 0 and < 5;

    private static void RewriteNumbers(Span<byte> segment, FieldFlow flow)
    {
        if (flow.CapturedFirst is null || flow.SimulatedFirst is null)
        {
            return;
        }

        SequenceNumber acknowledgment = new(BinaryPrimitives.ReadUInt32BigEndian(segment[8..]));
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], flow.Acknowledge(acknowledgment).Value);
        Span<byte> bytes = segment[TcpView.MinHeaderLength..(segment[12] >> 4 << 2)];
        TcpOptionReader options = new(bytes);
        while (options.MoveNext())
        {
            Span<byte> value = bytes.Slice(options.Offset + Math.Min(2, bytes.Length - options.Offset), options.Data.Length);
            if (options.Kind == TcpOptionKind.Sack)
            {
                for (int at = 0; at + 4 <= value.Length; at += 4)
                {
                    Add(value[at..], flow.Shift);
                }
            }
            else if (options.Kind == TcpOptionKind.Timestamps && value.Length == 8)
            {
                BinaryPrimitives.WriteUInt32BigEndian(value[4..], flow.Echo(BinaryPrimitives.ReadUInt32BigEndian(value[4..])));
            }
        }
    }

    /// <summary>The packet that an error is about is one of the simulated host's.</summary>
    private static void RewriteQuote(Span<byte> quote, IpAddress own, FieldFlows flows)
    {
        IpAddress source, destination;
        IpProtocol protocol;
        int offset;
        if (Ipv4View.TryParseQuoted(quote, out Ipv4View v4))
        {
            (source, destination, protocol, offset) = (v4.Source, v4.Destination, v4.Protocol, v4.FragmentOffset == 0 ? v4.HeaderLength : int.MaxValue);
        }
        else if (Ipv6View.TryParseQuoted(quote, out Ipv6View v6))
        {
            (source, destination, protocol, offset) = (v6.Source, v6.Destination, v6.Protocol, v6.FragmentOffset == 0 ? v6.Bytes.Length - v6.Payload.Length : int.MaxValue);
        }
        else
        {
            return;
        }

        if (source != own && source.IsV4 == own.IsV4)
        {
            own.WriteTo(quote[(own.IsV4 ? 12 : 8)..]);
        }

        if (protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || offset > quote.Length - 8)
        {
            return;
        }

        Span<byte> transport = quote[offset..];
        IpEndpoint from = new(source, BinaryPrimitives.ReadUInt16BigEndian(transport)), to = new(destination, BinaryPrimitives.ReadUInt16BigEndian(transport[2..]));
        if (flows.Quoted(from, to, protocol) is not { Simulated: { } end } flow)
        {
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(transport, end.Port);
        if (protocol == IpProtocol.Tcp && flow.CapturedFirst is not null && flow.SimulatedFirst is not null)
        {
            Add(transport[4..], flow.Shift);
        }
    }

    private static void Add(Span<byte> field, uint shift) =>
        BinaryPrimitives.WriteUInt32BigEndian(field, unchecked(BinaryPrimitives.ReadUInt32BigEndian(field) + shift));
}
