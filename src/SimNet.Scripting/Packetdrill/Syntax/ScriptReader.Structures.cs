using SimNet.Scripting.Yaml;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Structures in braces. Which one it is says the name of its first field.</summary>
internal sealed partial class ScriptReader
{
    private const string SocketAddressForm = "a socket address is written `{sa_family = AF_INET, sin_port = htons(PORT), sin_addr = inet_addr(\"ADDRESS\")}`";
    private const string MessageForm = "a message header is written `{msg_name(...)=..., msg_iov(N)=[…], msg_flags=N, msg_control=[…]}`, the last of which may be left out";
    private const string ControlForm = "a control message is written `{cmsg_level=…, cmsg_type=…, cmsg_data=…}`";
    private const string ErrorForm = "an extended error is written `{ee_errno=…, ee_origin=…, ee_type=…, ee_code=…, ee_info=…, ee_data=…}`";
    private const string TimestampingForm = "timestamps are written `{scm_sec=N, scm_nsec=N}`";
    private const string PollForm = "a poll descriptor is written `{fd=…, events=…, revents=…}`, the last of which may be left out";
    private const string EpollForm = "an epoll event is written `{events=…, fd=…}`, with `ptr`, `u32` or `u64` in place of `fd`";
    private const string LingerForm = "a linger structure is written `{onoff=N, linger=N}`";
    private const string SignatureForm = "a key for TCP_MD5SIG is written `{tcpm_key=\"KEY\"}`, or for a prefix of the remote address `{tcpm_key=\"KEY\", tcpm_prefixlen=N}`";
    private const string PspForm = "a PSP tuple is written `{spi=N}`";

    private static readonly string[] FirstFields =
        ["sa_family", "msg_name", "cmsg_level", "ee_errno", "scm_sec", "fd", "events", "onoff", "spi", "tcpm_key"];

    private Expression ReadBraces()
    {
        Token open = Take();
        Token first = Peek();
        bool isField = first.Kind == TokenKind.Word && (Peek(1).Is('=') || (first.Is("msg_name") && Peek(1).Is('(')));
        Expression result = first switch
        {
            _ when first.Is('}') || (first.Is('(') && Peek(1).Is("label")) => new MplsStackExpression(open.Position, ReadMplsEntries()),
            _ when first.Is("flags") || first.Is("Flags") => new GreHeaderExpression(open.Position, ReadGreHeader()),
            _ when first.Kind == TokenKind.Ellipsis && Peek(1).Is(',') => ReadVector(open.Position),
            _ when isField => ReadStructure(open.Position, first),
            _ => ReadGroup(open.Position),
        };
        Expect('}', "here `}` closes the structure");
        return result;
    }

    private Expression ReadStructure(SourcePosition position, in Token first) => first.Text switch
    {
        "sa_family" => ReadSocketAddress(position),
        "msg_name" => ReadMessageHeader(position),
        "cmsg_level" => new ControlMessageExpression(
            position, ReadField("cmsg_level", ControlForm), ReadNextField("cmsg_type", ControlForm), ReadNextField("cmsg_data", ControlForm)),
        "ee_errno" => new ExtendedErrorExpression(
            position, ReadField("ee_errno", ErrorForm), ReadNextField("ee_origin", ErrorForm), ReadNextField("ee_type", ErrorForm),
            ReadNextField("ee_code", ErrorForm), ReadNextField("ee_info", ErrorForm), ReadNextField("ee_data", ErrorForm)),
        "scm_sec" => new TimestampingExpression(
            position, ReadNumberField("scm_sec", TimestampingForm), ReadNextNumberField("scm_nsec", TimestampingForm)),
        "fd" => new PollDescriptorExpression(
            position, ReadField("fd", PollForm), ReadNextField("events", PollForm), Peek().Is(',') ? ReadNextField("revents", PollForm) : null),
        "events" => ReadEpollEvent(position),
        "onoff" => new LingerExpression(position, ReadNumberField("onoff", LingerForm), ReadNextNumberField("linger", LingerForm)),
        "spi" => ReadPspTuple(position),
        "tcpm_key" => ReadSignatureKey(position),
        _ => ReadUnknownStructure(position, first),
    };

    // A structure the language has no form for is a list of named values; but a name almost that of a field is a slip.
    private ListExpression ReadUnknownStructure(SourcePosition position, in Token first) =>
        Suggestions.Nearest(first.Text, FirstFields) is { } nearest && first.Text.Any(char.IsAsciiLetterLower)
            ? throw Wrong(first, $"did you mean `{nearest}`?")
            : ReadGroup(position);

    private ListExpression ReadGroup(SourcePosition position)
    {
        List<Expression> items = [];
        ReadItems(items);
        return new ListExpression(position, items, IsBraced: true);
    }

    private Expression ReadVector(SourcePosition position)
    {
        Expression first = ReadOperand();
        Take();
        if (Peek().Kind is TokenKind.Integer or TokenKind.HexInteger && Peek(1).Is('}'))
        {
            return new IoVectorExpression(position, first, ReadInteger());
        }

        List<Expression> items = [first];
        ReadItems(items);
        return new ListExpression(position, items, IsBraced: true);
    }

    private SignatureKeyExpression ReadSignatureKey(SourcePosition position)
    {
        ExpectField("tcpm_key", SignatureForm);
        Token text = Peek();
        if (text.Kind != TokenKind.String)
        {
            throw Wrong(text, SignatureForm);
        }

        StringExpression key = ReadString();
        return new SignatureKeyExpression(position, key, Peek().Is(',') ? ReadNextNumberField("tcpm_prefixlen", SignatureForm) : null);
    }

    private void ExpectField(string name, string form)
    {
        Expect(name, form);
        Expect('=', form);
    }

    private Expression ReadField(string name, string form)
    {
        ExpectField(name, form);
        return ReadExpression();
    }

    private Expression ReadNextField(string name, string form)
    {
        Expect(',', form);
        return ReadField(name, form);
    }

    private long ReadNumberField(string name, string form)
    {
        ExpectField(name, form);
        return ReadInteger().Value;
    }

    private long ReadNextNumberField(string name, string form)
    {
        Expect(',', form);
        return ReadNumberField(name, form);
    }

    private SocketAddressExpression ReadSocketAddress(SourcePosition position)
    {
        ExpectField("sa_family", SocketAddressForm);
        Token family = Expect(TokenKind.Word, SocketAddressForm);
        if (family.Text is not ("AF_INET" or "AF_INET6"))
        {
            throw Wrong(family, "the family of a socket address is `AF_INET` or `AF_INET6`");
        }

        Expect(',', SocketAddressForm);
        ExpectField("sin_port", SocketAddressForm);
        Expect("htons", SocketAddressForm);
        Expect('(', SocketAddressForm);
        ushort port = (ushort)ReadNumber(ushort.MaxValue, "a port");
        Expect(')', SocketAddressForm);
        Expect(',', SocketAddressForm);
        ExpectField("sin_addr", SocketAddressForm);
        Expect("inet_addr", SocketAddressForm);
        Expect('(', SocketAddressForm);
        Token text = Expect(TokenKind.String, SocketAddressForm);
        Expect(')', SocketAddressForm);
        bool isV6 = family.Text == "AF_INET6";
        IpAddress address = ParseAddress(text.Text, isV6, text.Position);
        return new SocketAddressExpression(position, isV6, port, address);
    }

    private MessageHeaderExpression ReadMessageHeader(SourcePosition position)
    {
        Expect("msg_name", MessageForm);
        Expect('(', MessageForm);
        Expression nameLength = ReadExpression();
        Expect(')', MessageForm);
        Expect('=', MessageForm);
        Expression name = ReadExpression();
        Expect(',', MessageForm);
        Expect("msg_iov", MessageForm);
        Expect('(', MessageForm);
        IntegerExpression count = ReadInteger();
        Expect(')', MessageForm);
        Expect('=', MessageForm);
        ListExpression vector = Peek().Is('[') ? ReadList() : throw Wrong(Peek(), MessageForm);
        Expression flags = ReadNextField("msg_flags", MessageForm);
        ListExpression? control = null;
        if (TryTake(','))
        {
            ExpectField("msg_control", MessageForm);
            control = Peek().Is('[') ? ReadList() : throw Wrong(Peek(), MessageForm);
        }

        return new MessageHeaderExpression(position, nameLength, name, count, vector, flags, control);
    }

    private EpollEventExpression ReadEpollEvent(SourcePosition position)
    {
        Expression events = ReadField("events", EpollForm);
        Expect(',', EpollForm);
        Token member = Expect(TokenKind.Word, EpollForm);
        EpollDataMember kind = member.Text switch
        {
            "fd" => EpollDataMember.Descriptor,
            "ptr" => EpollDataMember.Pointer,
            "u32" => EpollDataMember.U32,
            "u64" => EpollDataMember.U64,
            _ => throw Wrong(member, EpollForm),
        };
        Expect('=', EpollForm);
        return new EpollEventExpression(position, events, kind, ReadExpression());
    }

    private PspTupleExpression ReadPspTuple(SourcePosition position)
    {
        ExpectField("spi", PspForm);
        return new PspTupleExpression(position, (uint)ReadNumber(uint.MaxValue, "a security parameters index", hexadecimal: true));
    }
}
