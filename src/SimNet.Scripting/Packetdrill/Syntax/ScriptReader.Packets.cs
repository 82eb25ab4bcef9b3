using SimNet.Scripting.Yaml;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Packets: direction, IP, UDP and ICMP.</summary>
internal sealed partial class ScriptReader
{
    private const string IpForms =
        "in brackets stand `noecn`, `ect0`, `ect1`, `ect01`, `ce` or `tos 0xNN`, possibly with `, flowlabel 0xNNNNN`; or `flowlabel 0xNNNNN`; or `ttl N`";

    private PacketSpec ReadPacket()
    {
        Token sign = Take();
        PacketDirection direction = sign.Is('<') ? PacketDirection.Inbound : PacketDirection.Outbound;
        List<EncapsulationLayer> layers = [];
        while (ReadLayer() is { } layer)
        {
            layers.Add(layer);
        }

        IpSpec ip = ReadIp();
        if (ip.Ecn == EcnCheck.Ect01 && direction == PacketDirection.Inbound)
        {
            throw Fail(ip.Position, "`[ect01]` in an inbound packet; it must be one of them, `[ect0]` or `[ect1]`");
        }

        PspHeader? psp = null;
        if (TryTake("encap"))
        {
            Expect("psp", "after `encap` comes `psp spi N`");
            psp = ReadPspHeader();
        }

        Token first = Peek();
        TransportSpec transport =
            psp is null && first.Is("udp") ? ReadUdp(ip)
            : psp is null && first.Is("icmp") ? ReadIcmp()
            : ReadTcp(direction);
        return new PacketSpec(sign.Position, direction, layers, ip, psp, transport);
    }

    private EncapsulationLayer? ReadLayer()
    {
        Token word = Peek();
        switch (word.Kind == TokenKind.Word ? word.Text : "")
        {
            case "ipv4" or "ipv6":
                Take();
                return ReadIpLayer(word);
            case "gre" or "GREv0":
                Take();
                TryTake(',');
                GreHeader? header = Peek().Is(':') ? null : ReadGreHeader();
                Expect(':', "a GRE header ends with `:`");
                return new GreLayer(word.Position, header);
            case "mpls":
                Take();
                List<MplsEntry> entries = ReadMplsEntries();
                Expect(':', "an MPLS label stack ends with `:`, and its entries are written `(label N, tc N, [S], ttl N)`");
                return new MplsLayer(word.Position, entries);
            case "psp":
                Take();
                PspHeader psp = ReadPspHeader();
                Expect(':', "a PSP header ends with `:`");
                return new PspLayer(word.Position, psp);
            default:
                return null;
        }
    }

    private IpLayer ReadIpLayer(in Token word)
    {
        bool isV6 = word.Text == "ipv6";
        IpSpec ip = ReadIp();
        IpAddress source = ReadAddressToken(isV6);
        Expect('>', $"an outer header is written `{word.Text} SOURCE > DESTINATION:`");
        IpAddress destination = ReadAddressToken(isV6);
        Expect(':', $"an outer header is written `{word.Text} SOURCE > DESTINATION:`");
        return new IpLayer(word.Position, isV6, ip, source, destination);
    }

    private IpAddress ReadAddressToken(bool isV6)
    {
        TokenKind kind = isV6 ? TokenKind.Ipv6Address : TokenKind.Ipv4Address;
        Token token = Expect(kind, isV6 ? "here stands an IPv6 address" : "here stands an IPv4 address");
        return ParseAddress(token.Text, isV6, token.Position);
    }

    private static IpAddress ParseAddress(string text, bool isV6, SourcePosition position) =>
        text.Contains(':', StringComparison.Ordinal) == isV6 && !text.Contains('[', StringComparison.Ordinal) && IpAddress.TryParse(text, out IpAddress address)
            ? address
            : throw Fail(position, $"`{Token.Shorten(text)}` is no {(isV6 ? "IPv6" : "IPv4")} address");

    private IpSpec ReadIp()
    {
        Token open = Peek();
        if (!open.Is('[') && !open.Is('('))
        {
            return new IpSpec(open.Position, EcnCheck.Unspecified, null, null, null);
        }

        Take();
        Token word = Peek();
        EcnCheck ecn = EcnCheck.Unspecified;
        byte? typeOfService = null;
        uint? flowLabel = null;
        byte? ttl = null;
        if (TryTake("tos"))
        {
            typeOfService = (byte)ReadHexadecimal(0xFF, "a type of service");
        }
        else if (TryTake("ttl"))
        {
            ttl = (byte)ReadNumber(byte.MaxValue, "a time to live");
        }
        else if (!word.Is("flowlabel"))
        {
            ecn = ReadEcn();
        }

        if (ttl is null && (word.Is("flowlabel") || TryTake(',')))
        {
            Expect("flowlabel", IpForms);
            flowLabel = (uint)ReadHexadecimal(0xF_FFFF, "a flow label");
        }

        Expect(open.Is('[') ? ']' : ')', IpForms);
        return new IpSpec(open.Position, ecn, typeOfService, flowLabel, ttl);
    }

    private EcnCheck ReadEcn()
    {
        Token word = Expect(TokenKind.Word, IpForms);
        return word.Text switch
        {
            "noecn" => EcnCheck.NoEcn,
            "ect0" => EcnCheck.Ect0,
            "ect1" => EcnCheck.Ect1,
            "ect01" => EcnCheck.Ect01,
            "ce" => EcnCheck.Ce,
            _ => throw Wrong(word, IpForms),
        };
    }

    private ulong ReadHexadecimal(ulong limit, string what)
    {
        return Peek().Kind == TokenKind.HexInteger
            ? ReadNumber(limit, what, hexadecimal: true)
            : throw Wrong(Peek(), $"{what} is hexadecimal, from 0x0 to 0x{limit:x}");
    }

    private PortPair? ReadPorts()
    {
        Token first = Peek();
        if (first.Kind != TokenKind.Integer || !Peek(1).Is('>'))
        {
            return null;
        }

        ushort source = (ushort)ReadNumber(ushort.MaxValue, "a source port");
        Take();
        return new PortPair(first.Position, source, (ushort)ReadNumber(ushort.MaxValue, "a destination port"));
    }

    private ushort ReadLength(string what)
    {
        Expect('(', $"{what} has its length in parentheses, as in `udp (1000)`");
        ushort length = (ushort)ReadNumber(ushort.MaxValue, "a length");
        Expect(')', "after a length comes `)`");
        return length;
    }

    private UdpSpec ReadUdp(IpSpec ip)
    {
        if (ip.Ecn is not (EcnCheck.Unspecified or EcnCheck.Ect01))
        {
            throw Fail(ip.Position, "an ECN mark on a UDP datagram; only TCP segments can have one, for others write `[tos 0xNN]`");
        }

        Token word = Take();
        PortPair? ports = ReadPorts();
        return new UdpSpec(word.Position, ports, ReadLength("a datagram"));
    }

    private IcmpSpec ReadIcmp()
    {
        Token word = Take();
        Token type = Expect(TokenKind.Word, "after `icmp` comes its type, such as `unreachable` or `type_3`");
        if (!IcmpNames.TryGetType(type.Text, isV6: false, out _) && !IcmpNames.TryGetType(type.Text, isV6: true, out _))
        {
            throw Fail(type.Position, $"there is no ICMP type `{Token.Shorten(type.Text)}`{Known(type.Text, IcmpNames.TypeNames, "types")} `type_N` is any other");
        }

        Token code = Peek();
        bool hasCode = code.Kind == TokenKind.Word && !code.Is("mtu") && !code.Is("id");
        if (hasCode)
        {
            Take();
            CheckIcmpCode(type.Text, code);
        }

        uint? mtu = TryTake("mtu") ? (uint)ReadNumber(uint.MaxValue, "an MTU") : null;
        ushort? echoId = TryTake("id") ? (ushort)ReadNumber(ushort.MaxValue, "an echo identifier") : null;
        IcmpPayload? payload = Peek().Is('[') ? ReadIcmpPayload() : null;
        return new IcmpSpec(
            word.Position, type.Text, type.Position, hasCode ? code.Text : null, hasCode ? code.Position : type.Position, mtu, echoId, payload);
    }

    private static void CheckIcmpCode(string type, in Token code)
    {
        if (!IcmpNames.TryGetCode(type, code.Text, isV6: false, out _) && !IcmpNames.TryGetCode(type, code.Text, isV6: true, out _))
        {
            string suggestion = Known(code.Text, IcmpNames.CodeNames(type), "named codes");
            throw Fail(code.Position, $"the ICMP type `{Token.Shorten(type)}` has no code `{Token.Shorten(code.Text)}`{suggestion} `code_N` is any other");
        }
    }

    private static string Known(string found, IEnumerable<string> names, string what)
    {
        string suggestion = Suggestions.For(found, names, what);
        return suggestion.EndsWith('?') ? suggestion : suggestion + ";";
    }

    private IcmpPayload ReadIcmpPayload()
    {
        Token open = Take();
        IcmpPayload payload = TryTake("udp") ? new EchoedUdp(open.Position, ReadLength("an echoed datagram"))
            : TryTake("raw") ? new RawPayload(open.Position, ReadLength("a raw message"))
            : new EchoedTcp(open.Position, ReadSequence());
        Expect(']', "what an ICMP message carries is `[START:END(LENGTH)]`, `[udp (LENGTH)]` or `[raw (LENGTH)]`");
        return payload;
    }
}
