using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>TCP segments and their options.</summary>
internal sealed partial class ScriptReader
{
    private const int MostOptionBytes = 40;
    private const int MostSackBlocks = 4;
    private const int MostMd5Bytes = 16;
    private const int MostKeyBytes = 80;

    private static readonly string[] OptionWords =
        ["nop", "eol", "mss", "wscale", "sackOK", "sack", "TS", "md5", "FO", "FOEXP", "ECN"];

    // Options of the language's relatives, which are kept as text.
    private static readonly HashSet<string> ForeignOptions = new(StringComparer.Ordinal)
    {
        "ao", "exp", "mp_capable", "mp_capable_no_cs", "mp_join", "mp_join_syn", "mp_join_syn_ack", "mp_join_ack", "dss", "dss4", "dss8",
        "dack4", "dack8", "add_address", "add_addr", "rm_addr", "remove_address", "mp_prio", "mp_fail", "mp_fastclose", "mp_tcprst", "mp_reset",
    };

    private TcpSpec ReadTcp(PacketDirection direction)
    {
        SourcePosition position = Peek().Position;
        PortPair? ports = ReadPorts();
        TcpFlagsSpec flags = ReadFlags();
        SequenceSpec sequence = ReadSequence();
        uint? ack = TryTake("ack") ? (uint)ReadNumber(uint.MaxValue, "an acknowledgment number") : null;
        ushort? window = TryTake("win") ? (ushort)ReadNumber(ushort.MaxValue, "a window") : null;
        ushort? urgent = TryTake("urg") ? (ushort)ReadNumber(ushort.MaxValue, "an urgent pointer") : null;
        if (window is null && direction == PacketDirection.Inbound)
        {
            throw Wrong(Peek(), "an inbound segment has a window; write `win N` behind the sequence and acknowledgment numbers");
        }

        Token open = Peek();
        List<TcpOptionSpec>? options = ReadOptionList();
        if (options is null && direction == PacketDirection.Inbound)
        {
            throw Fail(open.Position, "`<...>` in an inbound segment, which must have options of its own; write them or leave out `<...>`");
        }

        CheckOptionLength(options, open.Position);
        return new TcpSpec(position, ports, flags, sequence, ack, window, urgent, options);
    }

    private TcpFlagsSpec ReadFlags()
    {
        const string forms = "here stand TCP flags: letters of `FSRPU`, `.` for ACK, `E`, `W` and `A` or AccECN's counter 0 to 7, or `-` for no flag";
        Token first = Peek();
        if (TryTake('-'))
        {
            return new TcpFlagsSpec(first.Position, TcpFlags.None, null);
        }

        string letters = first.Kind == TokenKind.Word ? Take().Text : "";
        Token next = Peek();
        if (next.Is('.') || (next.Kind == TokenKind.Float && next.Text[0] == '.'))
        {
            letters += Take().Text;
        }

        if (letters.Length == 0)
        {
            throw Wrong(first, forms);
        }

        TcpFlags flags = TcpFlags.None;
        int? ace = null;
        foreach (char letter in letters)
        {
            if (letter is >= '0' and <= '7' && ace is null)
            {
                ace = letter - '0';
                continue;
            }

            flags |= FlagOf(letter) is { } flag
                ? flag
                : throw Fail(first.Position, $"`{Token.Shorten(letters)}` are no TCP flags because of `{letter}`; {forms}");
        }

        if (ace is null)
        {
            return new TcpFlagsSpec(first.Position, flags, null);
        }

        if ((flags & (TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae)) != 0)
        {
            throw Fail(first.Position, $"`{Token.Shorten(letters)}` has AccECN's counter both as a digit and as letters; write either the digit or E, W and A");
        }

        TcpFlags counter = ((ace & 1) != 0 ? TcpFlags.Ece : 0) | ((ace & 2) != 0 ? TcpFlags.Cwr : 0) | ((ace & 4) != 0 ? TcpFlags.Ae : 0);
        return new TcpFlagsSpec(first.Position, flags | counter, ace);
    }

    private static TcpFlags? FlagOf(char letter) => letter switch
    {
        'F' => TcpFlags.Fin,
        'S' => TcpFlags.Syn,
        'R' => TcpFlags.Rst,
        'P' => TcpFlags.Psh,
        '.' => TcpFlags.Ack,
        'U' => TcpFlags.Urg,
        'E' => TcpFlags.Ece,
        'W' => TcpFlags.Cwr,
        'A' => TcpFlags.Ae,
        _ => null,
    };

    private SequenceSpec ReadSequence()
    {
        const string form = "sequence numbers are written `START:END(LENGTH)`, as in `1:1001(1000)`";
        Token first = Peek();
        if (first.Kind != TokenKind.Integer)
        {
            throw Wrong(first, form);
        }

        ulong start = ReadNumber(uint.MaxValue, "a sequence number");
        Expect(':', form);
        ulong end = ReadNumber(uint.MaxValue, "a sequence number");
        Expect('(', form);
        ulong length = ReadNumber(ushort.MaxValue, "a segment's length");
        Expect(')', form);
        return start + length == end
            ? new SequenceSpec(first.Position, (uint)start, (ushort)length)
            : throw Fail(first.Position, $"{start}:{end}({length}) doesn't fit together; {start} and {length} bytes give {start}:{start + length}({length})");
    }

    // Null for any options.
    private List<TcpOptionSpec>? ReadOptionList()
    {
        const string after = "after an option comes `,` or `>`";
        if (!TryTake('<'))
        {
            return [];
        }

        if (Peek().Kind == TokenKind.Ellipsis)
        {
            Take();
            Expect('>', "after `<...` comes `>`");
            return null;
        }

        List<TcpOptionSpec> options = [];
        do
        {
            options.Add(ReadOption());
        }
        while (TryTake(','));
        Expect('>', after);
        return options;
    }

    private static void CheckOptionLength(List<TcpOptionSpec>? options, SourcePosition position)
    {
        if (options is null || options.Any(option => option.WireLength is null))
        {
            return;
        }

        int bytes = options.Sum(option => option.WireLength!.Value);
        if (bytes > MostOptionBytes)
        {
            throw Fail(position, $"the options are {bytes} bytes long; a TCP header has room for {MostOptionBytes}");
        }

        if (bytes % 4 != 0)
        {
            throw Fail(position, $"the options are {bytes} bytes long, which is no multiple of 4; fill up with {4 - (bytes % 4)} × `nop`");
        }
    }

    private TcpOptionSpec ReadOption()
    {
        Token word = Peek();
        if (word.Kind != TokenKind.Word)
        {
            throw Wrong(word, $"here stands a TCP option: {string.Join(", ", OptionWords)}");
        }

        Take();
        return word.Text switch
        {
            "nop" => new NopOption(word.Position),
            "eol" => new EndOfListOption(word.Position),
            "mss" => new MssOption(word.Position, (ushort)ReadNumber(ushort.MaxValue, "an MSS")),
            "wscale" => new WindowScaleOption(word.Position, (byte)ReadNumber(byte.MaxValue, "a window scale")),
            "sackOK" => new SackPermittedOption(word.Position),
            "sack" => new SackOption(word.Position, ReadSackBlocks()),
            "TS" => ReadTimestamp(word.Position),
            "md5" => ReadMd5(word.Position),
            "FO" or "FOEXP" => ReadFastOpen(word),
            "ECN" => ReadAccurateEcn(word.Position),
            _ when ForeignOptions.Contains(word.Text) => ReadForeign(word),
            _ => throw Fail(word.Position, $"there is no TCP option `{Token.Shorten(word.Text)}`{Suggestions.For(word.Text, OptionWords, "options")}"),
        };
    }

    private List<SackBlockSpec> ReadSackBlocks()
    {
        const string form = "SACK blocks are written `sack LEFT:RIGHT`, with spaces between them; that SACK is possible, in a SYN, is `sackOK`";
        List<SackBlockSpec> blocks = [];
        do
        {
            Token first = Peek();
            if (first.Kind != TokenKind.Integer)
            {
                throw Wrong(first, form);
            }

            uint left = (uint)ReadNumber(uint.MaxValue, "a block's left edge");
            Expect(':', form);
            uint right = (uint)ReadNumber(uint.MaxValue, "a block's right edge");
            blocks.Add(new SackBlockSpec(first.Position, left, right));
        }
        while (Peek().Kind == TokenKind.Integer);
        return blocks.Count <= MostSackBlocks
            ? blocks
            : throw Fail(blocks[MostSackBlocks].Position, $"{blocks.Count} SACK blocks; an option has room for {MostSackBlocks}");
    }

    private TimestampOption ReadTimestamp(SourcePosition position)
    {
        const string form = "a timestamp is written `TS val N ecr N`";
        Expect("val", form);
        uint value = (uint)ReadNumber(uint.MaxValue, "a timestamp's value");
        Expect("ecr", form);
        return new TimestampOption(position, value, (uint)ReadNumber(uint.MaxValue, "a timestamp's echo reply"));
    }

    private Md5Option ReadMd5(SourcePosition position)
    {
        Token digits = Peek();
        if (digits.Kind == TokenKind.String)
        {
            StringExpression key = ReadString();
            return key.Value.Length is > 0 and <= MostKeyBytes
                ? new Md5Option(position, "", key)
                : throw Fail(digits.Position, $"an MD5 key has 1 to {MostKeyBytes} bytes");
        }

        return new Md5Option(position, ReadHexDigits(MostMd5Bytes, "an MD5 digest")
            ?? throw Wrong(digits, "after `md5` comes the digest in hexadecimal digits, or the key in quotes"));
    }

    private FastOpenOption ReadFastOpen(in Token word)
    {
        bool isExperimental = word.Text == "FOEXP";
        int most = MostOptionBytes - (isExperimental ? 4 : 2);
        return new FastOpenOption(word.Position, isExperimental, ReadHexDigits(most, "a Fast Open cookie") ?? "");
    }

    private string? ReadHexDigits(int mostBytes, string what)
    {
        if (Peek().Kind is not (TokenKind.Word or TokenKind.Integer))
        {
            return null;
        }

        Token token = Take();
        if (!token.Text.All(char.IsAsciiHexDigit))
        {
            throw Fail(token.Position, $"{what} `{Token.Shorten(token.Text)}` is not hexadecimal; write digits 0 to 9 and a to f");
        }

        if (token.Text.Length % 2 != 0)
        {
            throw Fail(token.Position, $"{what} has {token.Text.Length} digits; write two for each byte");
        }

        return token.Text.Length / 2 <= mostBytes
            ? token.Text
            : throw Fail(token.Position, $"{what} of {token.Text.Length / 2} bytes; at most {mostBytes} fit");
    }

    private AccurateEcnOption ReadAccurateEcn(SourcePosition position)
    {
        bool beginsWithEct1 = Peek().Is("e1b");
        string[] order = beginsWithEct1 ? ["e1b", "ceb", "e0b"] : ["e0b", "ceb", "e1b"];
        List<uint> counters = [];
        while (counters.Count < order.Length && Peek().Kind == TokenKind.Word)
        {
            Expect(order[counters.Count], "AccECN's counters come in the order `e0b N ceb N e1b N` or `e1b N ceb N e0b N`; those at the end may be left out");
            counters.Add((uint)ReadNumber(0xFF_FFFF, "a counter"));
        }

        return new AccurateEcnOption(position, beginsWithEct1, counters);
    }

    private ForeignOption ReadForeign(in Token word)
    {
        List<string> words = [];
        int brackets = 0;
        while (brackets > 0 || !(Peek().Is(',') || Peek().Is('>')))
        {
            Token token = Peek();
            if (token.Kind == TokenKind.End)
            {
                throw Fail(word.Position, $"the option `{word.Text}` doesn't end; after an option comes `,` or `>`");
            }

            Take();
            brackets += token.Is('[') || token.Is('(') || token.Is('{') ? 1 : token.Is(']') || token.Is(')') || token.Is('}') ? -1 : 0;
            words.Add(_lexer.Raw(token));
        }

        return new ForeignOption(word.Position, word.Text, string.Join(' ', words));
    }
}
