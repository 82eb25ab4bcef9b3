using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// Source routes (RFC 791 §3.1, RFC 1122 §3.2.1.8 c) as Linux has them: taken with accept_source_route only, and passed on by whoever
/// forwards.
/// </summary>
public sealed partial class IpLayer
{
    /// <summary>
    /// From within <see cref="TransportInput.ReceiveTcp"/>: the way back along the source route that the packet came along; null for none.
    /// </summary>
    internal IpOptions? ReturnRoute { get; private set; }

    /// <summary>
    /// A packet with options: it has a source route and may not, or is not at the route's end and goes on from here. Options that cannot be
    /// read, and others, are passed over (RFC 1122 §3.2.1.8).
    /// </summary>
    private bool IsKeptBySourceRoute(Instant now, NetworkInterface through, in Ipv4View packet, bool own)
    {
        if (!IpOptions.TryFindRoute(packet.OptionBytes, out int at) || at < 0)
        {
            return false;
        }

        if (!_sysctls.AcceptSourceRoute)
        {
            return true; // Linux's ip_rcv_options counts it nowhere.
        }

        if (!own || IpOptions.IsComplete(packet.OptionBytes[at..]))
        {
            return false;
        }

        if (_sysctls.IpForward && !through.IsLoopback)
        {
            GoOnAlongRoute(now, through, packet, at);
        }
        else
        {
            _counters[SnmpCounter.IpInAddrErrors]++;
        }

        return true;
    }

    /// <summary>The next address of the route becomes the destination, and the address that the packet leaves by takes its place.</summary>
    private void GoOnAlongRoute(Instant now, NetworkInterface through, in Ipv4View packet, int at)
    {
        Span<byte> bytes = new byte[packet.TotalLength];
        packet.Bytes.CopyTo(bytes);
        Span<byte> header = bytes[..packet.HeaderLength];
        Span<byte> route = header[(Ipv4View.MinHeaderLength + at)..];
        int pointer = route[2];
        IpAddress next = IpAddress.FromBytes(route.Slice(pointer - 1, 4));
        if (FindForwarding(next).Path is { } path && SelectSource(path.Route, path.Interface, next, path.NextHop) is { IsV4: true } own)
        {
            own.WriteTo(route.Slice(pointer - 1, 4));
        }

        next.WriteTo(header[16..]);
        route[2] += 4;
        header[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
        if (!IsOwnAddress(next) && Ipv4View.TryParse(bytes, out Ipv4View on, out _))
        {
            ForwardV4(now, through, on, group: false);
        }
    }

    private static void WriteWithOptions(
        Span<byte> packet, IpOptions options, in IpAddress source, in IpAddress destination, IpProtocol protocol, int transportLength, byte ttl,
        byte trafficClass, ushort id, bool dontFragment)
    {
        Ipv4Writer.Write(
            packet, source, options.FirstHop, protocol, transportLength + options.Length, ttl, trafficClass, id, dontFragment);
        Span<byte> header = packet[..(Ipv4View.MinHeaderLength + options.Length)];
        options.Write(header[Ipv4View.MinHeaderLength..], destination);
        header[0] = (byte)(0x40 | header.Length / 4);
        header[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Compute(header));
    }
}
