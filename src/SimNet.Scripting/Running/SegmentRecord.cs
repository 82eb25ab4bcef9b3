using System.Globalization;
using System.Text;
using SimStack.Ip;

namespace SimNet.Scripting.Running;

/// <summary>A TCP segment as it was seen.</summary>
public sealed class SegmentRecord
{
    /// <summary>Sender's address and port.</summary>
    public required IpEndpoint Source { get; init; }

    /// <summary>Receiver's address and port.</summary>
    public required IpEndpoint Destination { get; init; }

    /// <summary>Control bits.</summary>
    public required TcpFlags Flags { get; init; }

    /// <summary>SEG.SEQ.</summary>
    public required SequenceNumber Seq { get; init; }

    /// <summary>SEG.ACK.</summary>
    public required SequenceNumber Ack { get; init; }

    /// <summary>The window field, not scaled.</summary>
    public required int Window { get; init; }

    /// <summary>Bytes of data.</summary>
    public required int Length { get; init; }

    /// <summary>Options as tcpdump prints them.</summary>
    public required string Options { get; init; }

    /// <summary>SEG.LEN: data, SYN and FIN.</summary>
    public int SequenceLength => Length + ((Flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((Flags & TcpFlags.Fin) != 0 ? 1 : 0);

    /// <summary>True when all of <paramref name="flags"/> are set.</summary>
    public bool Has(TcpFlags flags) => (Flags & flags) == flags;

    internal static SegmentRecord? From(EthernetView ethernet, out string text)
    {
        text = "";
        IpAddress source, destination;
        IpProtocol protocol;
        ReadOnlySpan<byte> payload;
        if (ethernet.EtherType == EtherType.Ipv4 && Ipv4View.TryParse(ethernet.Payload, out Ipv4View v4, out _))
        {
            (source, destination, protocol) = (v4.Source, v4.Destination, v4.Protocol);
            payload = v4.Payload;
            text = v4.IsFragment ? PacketText.Fragment(protocol, v4.Id, v4.FragmentOffset, payload.Length, v4.MoreFragments) : "";
        }
        else if (ethernet.EtherType == EtherType.Ipv6 && Ipv6View.TryParse(ethernet.Payload, out Ipv6View v6, out _))
        {
            (source, destination, protocol) = (v6.Source, v6.Destination, v6.Protocol);
            payload = v6.Payload;
            text = v6.IsFragment ? PacketText.Fragment(protocol, v6.FragmentId, v6.FragmentOffset, payload.Length, v6.MoreFragments) : "";
        }
        else
        {
            text = ethernet.EtherType == EtherType.Arp ? PacketText.Arp(ethernet.Payload) : "not IP";
            return null;
        }

        if (text.Length > 0)
        {
            return null;
        }

        if (protocol != IpProtocol.Tcp || !TcpView.TryParse(payload, out TcpView tcp, out _))
        {
            text = PacketText.Of(protocol, payload);
            return null;
        }

        return new SegmentRecord
        {
            Source = new IpEndpoint(source, tcp.SourcePort),
            Destination = new IpEndpoint(destination, tcp.DestinationPort),
            Flags = tcp.Flags,
            Seq = tcp.Sequence,
            Ack = tcp.Acknowledgment,
            Window = tcp.Window,
            Length = tcp.Payload.Length,
            Options = OptionText(tcp.OptionBytes),
        };
    }

    // The words and the order are tcpdump's, so that a line can be compared with its output.
    private static string OptionText(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var reader = new TcpOptionReader(bytes);
        while (reader.MoveNext())
        {
            text.Append(text.Length > 0 ? "," : "").Append(One(reader.Kind, reader.Data));
        }

        return text.ToString();
    }

    private static string One(TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        switch ((int)kind)
        {
            case 0:
                return "eol";
            case 1:
                return "nop";
            case 2 when data.Length == 2:
                return string.Create(c, $"mss {Read16(data)}");
            case 3 when data.Length == 1:
                return string.Create(c, $"wscale {data[0]}");
            case 4:
                return "sackOK";
            case 5:
                return Sack(data);
            case 8 when data.Length == 8:
                return string.Create(c, $"TS val {Read32(data)} ecr {Read32(data[4..])}");
            case 19:
                return "md5";
            case 29 when data.Length > 2:
                return string.Create(c, $"tcp-ao keyid {data[0]} rnextkeyid {data[1]}"); // The MAC says nothing to a reader.
            case 34:
                return "tfo " + Cookie(data);
            case 254 when data.Length >= 2 && Read16(data) == 0xF989:
                return "exp-tfo" + Cookie(data[2..]);
            case 172 or 174 when data.Length % 3 == 0:
                return AccurateEcn(data, (int)kind == 174);
            default:
                return string.Create(c, $"unknown-{(int)kind}");
        }
    }

    // Of this option tcpdump has only the number so far.
    private static string AccurateEcn(ReadOnlySpan<byte> data, bool beginsWithEct1)
    {
        var text = new StringBuilder("ECN");
        for (int i = 0; i < Math.Min(data.Length / 3, 3); i++)
        {
            string name = i == 1 ? "ceb" : (i == 0) == beginsWithEct1 ? "e1b" : "e0b";
            text.Append(CultureInfo.InvariantCulture, $" {name} {data[i * 3] << 16 | Read16(data[((i * 3) + 1)..])}");
        }

        return text.ToString();
    }

    private static string Cookie(ReadOnlySpan<byte> cookie) =>
        cookie.IsEmpty ? " cookiereq" : " cookie " + Convert.ToHexStringLower(cookie);

    private static string Sack(ReadOnlySpan<byte> data)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        var text = new StringBuilder(string.Create(c, $"sack {data.Length / 8} "));
        for (int i = 0; i + 8 <= data.Length; i += 8)
        {
            text.Append(c, $"{{{Read32(data[i..])}:{Read32(data[(i + 4)..])}}}");
        }

        return text.ToString();
    }

    private static int Read16(ReadOnlySpan<byte> data) => System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(data);

    private static uint Read32(ReadOnlySpan<byte> data) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(data);
}
