namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Events, their times, and system calls.</summary>
internal sealed partial class ScriptReader
{
    private const string EventForms = "an event is a packet (`<` or `>`), a system call, a command in backquotes or a code block `%{ … }%`";

    private ScriptEvent ReadEvent()
    {
        EventTime time = ReadTime();
        SourcePosition position = time.Position;
        Token first = Peek();
        if (time.BlockingEnd is not null && first.Kind != TokenKind.Word)
        {
            throw Wrong(first, "only a system call can last until a time, as in `+0...0.2 accept(3, ..., ...) = 4`");
        }

        switch (first.Kind)
        {
            case TokenKind.Punctuation when first.Is('<') || first.Is('>'):
                PacketSpec packet = ReadPacket();
                CheckTime(time, packet.Direction == PacketDirection.Outbound);
                return new PacketEvent(position, _lastLine, time, packet);
            case TokenKind.Word:
                CheckTime(time, isOutboundPacket: false);
                SystemCallSpec call = ReadCall();
                return new SystemCallEvent(position, _lastLine, time, call);
            case TokenKind.Command:
                CheckTime(time, isOutboundPacket: false);
                SourceText command = ReadText();
                return new CommandEvent(position, _lastLine, time, command);
            case TokenKind.Code:
                CheckTime(time, isOutboundPacket: false);
                SourceText code = ReadText();
                return new CodeEvent(position, _lastLine, time, code);
            default:
                throw Wrong(first, EventForms);
        }
    }

    private static void CheckTime(EventTime time, bool isOutboundPacket)
    {
        if (!isOutboundPacket && (time.IsRange || time.Kind == EventTimeKind.Any))
        {
            string found = time.IsRange ? "a range of times" : "the time `*`";
            throw Fail(time.Position, $"{found} before something else than an outbound packet; write one time, such as `+0`");
        }
    }

    private EventTime ReadTime()
    {
        Token first = Peek();
        if (TryTake('*'))
        {
            return new EventTime(first.Position, EventTimeKind.Any, Duration.Zero, null, null);
        }

        bool relative = TryTake('+');
        if (!relative && first.Kind is not (TokenKind.Integer or TokenKind.Float))
        {
            throw Wrong(first, NoTimeReason(first));
        }

        Duration start = ReadInstant();
        Token mark = Peek();
        if (TryTake('~'))
        {
            return ReadRange(first.Position, relative, start);
        }

        if (mark.Kind != TokenKind.Ellipsis)
        {
            return new EventTime(first.Position, relative ? EventTimeKind.Relative : EventTimeKind.Absolute, start, null, null);
        }

        Take();
        SourcePosition endPosition = Peek().Position;
        if (Peek().Is('+'))
        {
            throw Wrong(Peek(), "the time until which a call lasts counts like the one before the points and has no sign of its own");
        }

        Duration end = ReadInstant();
        return end >= start
            ? new EventTime(first.Position, relative ? EventTimeKind.Relative : EventTimeKind.Absolute, start, null, end)
            : throw Fail(endPosition, $"the call would end at {end}, before it begins at {start}; both count from the same instant");
    }

    private EventTime ReadRange(SourcePosition position, bool relative, Duration start)
    {
        Token second = Peek();
        if (TryTake('+') != relative)
        {
            throw Wrong(second, relative ? "both times of a range have a plus sign, as in `+.1~+.2`" : "either both times of a range have a plus sign or none");
        }

        Duration end = ReadInstant();
        return end >= start
            ? new EventTime(position, relative ? EventTimeKind.RelativeRange : EventTimeKind.AbsoluteRange, start, end, null)
            : throw Fail(second.Position, $"the range ends at {end}, before it begins at {start}; write the earlier time first");
    }

    private string NoTimeReason(in Token found) => found.Kind switch
    {
        TokenKind.Option => "options stand before the first event and the first command",
        TokenKind.Command => "a command between events has a time before it, such as `+0`",
        TokenKind.Word when found.Text is "ack" or "win" or "urg" =>
            "after a packet's sequence numbers come `ack`, `win`, `urg` and `<options>`, in this order; otherwise a new event begins with a time, such as `+0`",
        _ => "an event begins with its time: `0.1`, `+0.1`, `*`, or a range such as `+.1~+.2`",
    };

    // Seconds, in digits and possibly a point; digits behind the ninth decimal are dropped.
    private Duration ReadInstant()
    {
        Token token = Peek();
        if (token.Kind is not (TokenKind.Integer or TokenKind.Float))
        {
            throw Wrong(token, "a time is a number of seconds, such as `0`, `.01` or `1.5`");
        }

        Take();
        if (Peek() is { Kind: TokenKind.Word } unit && token.Touches(unit) && !Peek(1).Is('('))
        {
            throw Wrong(unit, "a time is a number of seconds without a unit, such as `0`, `.01` or `1.5`, and has a space behind it");
        }

        ReadOnlySpan<char> digits = token.Text;
        bool negative = digits[0] == '-';
        digits = digits[(negative ? 1 : 0)..];
        int point = digits.IndexOf('.');
        ReadOnlySpan<char> whole = (point < 0 ? digits : digits[..point]).TrimStart('0');
        if (whole.Length > 9)
        {
            throw Fail(token.Position, $"the time {Token.Shorten(token.Text)} is too large; at most 999999999 seconds are possible");
        }

        long nanoseconds = 0;
        foreach (char c in whole)
        {
            nanoseconds = 10 * nanoseconds + (c - '0');
        }

        for (int decimals = 0; decimals < 9; decimals++)
        {
            int at = point + 1 + decimals;
            nanoseconds = 10 * nanoseconds + (point >= 0 && at < digits.Length ? digits[at] - '0' : 0);
        }

        return negative && nanoseconds != 0
            ? throw Fail(token.Position, $"the time {Token.Shorten(token.Text)} is negative; times are 0 or later")
            : new Duration(nanoseconds);
    }

    private SystemCallSpec ReadCall()
    {
        Token name = Take();
        if (!Peek().Is('(') && name.Text.All(c => FlagOf(c) is not null))
        {
            throw Wrong(name, "a packet has its direction before its flags: `<` comes in, `>` goes out");
        }

        Expect('(', $"a system call is written `{Token.Shorten(name.Text)}(…) = result`");
        List<Expression> arguments = [];
        if (!TryTake(')'))
        {
            do
            {
                arguments.Add(ReadExpression());
            }
            while (TryTake(','));
            Expect(')', $"after an argument of {Token.Shorten(name.Text)} comes `,` or `)`");
        }

        Expect('=', $"{Token.Shorten(name.Text)} needs the result it shall return, as in `= 0` or `= -1 EAGAIN (Resource temporarily unavailable)`");
        Expression result = ReadExpression();
        SymbolExpression? error = null;
        string? note = null;
        if (Peek().Kind == TokenKind.Word && IsErrorName(Peek().Text))
        {
            Token token = Take();
            error = new SymbolExpression(token.Position, token.Text);
        }

        if (Peek().Is('('))
        {
            note = ReadNote();
        }

        // strace prints the error's text and then, for some calls, what they returned: a second note, which says no more.
        if (error is not null && Peek().Is('('))
        {
            ReadNote();
        }

        return new SystemCallSpec(name.Position, name.Text, arguments, result, error, note);
    }

    private static bool IsErrorName(string word) =>
        word.Length > 1 && word[0] == 'E' && word.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c));

    private string ReadNote()
    {
        Token open = Take();
        List<string> words = [];
        Token before = open;
        while (!Peek().Is(')'))
        {
            Token token = Peek();
            if (token.Kind == TokenKind.End)
            {
                throw Fail(open.Position, "a note that doesn't end; close it with `)`");
            }

            Take();
            if (words.Count > 0 && before.Touches(token))
            {
                words[^1] += _lexer.Raw(token);
            }
            else
            {
                words.Add(_lexer.Raw(token));
            }

            before = token;
        }

        Take();
        return string.Join(' ', words);
    }
}
