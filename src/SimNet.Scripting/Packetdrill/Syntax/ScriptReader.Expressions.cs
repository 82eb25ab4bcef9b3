using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Expressions: operators, numbers, strings, lists.</summary>
internal sealed partial class ScriptReader
{
    private Expression ReadExpression()
    {
        if (++_depth > DeepestNesting)
        {
            throw Fail(Peek().Position, $"brackets, braces and operators are nested more than {DeepestNesting} deep; no call needs that");
        }

        int before = _operators;
        Expression left = ReadConjunction();
        while (Peek().Is('|'))
        {
            CountOperator(Take());
            left = new BinaryExpression(left.Position, BinaryOperator.Or, left, ReadConjunction());
        }

        _operators = before;
        _depth--;
        return left;
    }

    // Each makes the tree deeper by one.
    private void CountOperator(in Token sign)
    {
        if (++_operators > MostOperators)
        {
            throw Fail(sign.Position, $"more than {MostOperators} operators in one value; no call needs that");
        }
    }

    private Expression ReadConjunction()
    {
        Expression left = ReadShift();
        while (Peek().Is('&'))
        {
            CountOperator(Take());
            left = new BinaryExpression(left.Position, BinaryOperator.And, left, ReadShift());
        }

        return left;
    }

    private Expression ReadShift()
    {
        Expression left = ReadOperand();
        while ((Peek().Is('<') && Peek(1).Is('<') || Peek().Is('>') && Peek(1).Is('>')) && Peek().Touches(Peek(1)))
        {
            BinaryOperator shift = Take().Is('<') ? BinaryOperator.ShiftLeft : BinaryOperator.ShiftRight;
            CountOperator(Take());
            left = new BinaryExpression(left.Position, shift, left, ReadOperand());
        }

        return left;
    }

    private Expression ReadOperand()
    {
        Token token = Peek();
        switch (token.Kind)
        {
            case TokenKind.Ellipsis:
                Take();
                return new EllipsisExpression(token.Position);
            case TokenKind.Integer or TokenKind.HexInteger:
                return ReadInteger();
            case TokenKind.Float:
                Take();
                return new FloatExpression(token.Position, double.Parse(token.Text, CultureInfo.InvariantCulture), token.Text);
            case TokenKind.String:
                return ReadString();
            case TokenKind.Word:
                return ReadNamed();
            case TokenKind.Punctuation when token.Is('['):
                return ReadList();
            case TokenKind.Punctuation when token.Is('{'):
                return ReadBraces();
            case TokenKind.Punctuation when token.Is('~'):
                return ReadComplement();
            case TokenKind.Punctuation when token.Is('('):
                Take();
                Expression inner = ReadExpression();
                Expect(')', "here `)` closes the parentheses");
                return inner;
            default:
                throw Wrong(token, "here stands a value: `...`, a number, a name, a string, a list in brackets or a structure in braces");
        }
    }

    private ComplementExpression ReadComplement()
    {
        Token sign = Take();
        if (++_depth > DeepestNesting)
        {
            throw Fail(sign.Position, $"more than {DeepestNesting} operators in each other; no call needs that");
        }

        Expression operand = ReadOperand();
        _depth--;
        return new ComplementExpression(sign.Position, operand);
    }

    private IntegerExpression ReadInteger()
    {
        Token token = Peek();
        if (token.Kind is not (TokenKind.Integer or TokenKind.HexInteger))
        {
            throw Wrong(token, "here stands a whole number");
        }

        Take();
        if (long.TryParse(token.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return new IntegerExpression(token.Position, value, IsHexadecimal: false);
        }

        return TryReadUnsigned(token, out ulong bits)
            ? new IntegerExpression(token.Position, unchecked((long)bits), token.Kind == TokenKind.HexInteger)
            : throw Fail(token.Position, $"the number {Token.Shorten(token.Text)} doesn't fit 64 bits");
    }

    private Expression ReadNamed()
    {
        Token word = Take();
        if (word.Text is "inet_addr" or "inet6_addr" && Peek().Is('('))
        {
            bool isV6 = word.Text == "inet6_addr";
            Take();
            Token text = Expect(TokenKind.String, $"an address is written `{word.Text}(\"{(isV6 ? "2001:db8::1" : "192.0.2.1")}\")`");
            Expect(')', "after an address comes `)`");
            return new AddressExpression(word.Position, isV6, ParseAddress(text.Text, isV6, text.Position));
        }

        return TryTake('=')
            ? new NamedValueExpression(word.Position, word.Text, ReadExpression())
            : new SymbolExpression(word.Position, word.Text);
    }

    private ListExpression ReadList()
    {
        Token open = Take();
        List<Expression> items = [];
        if (!TryTake(']'))
        {
            ReadItems(items);
            Expect(']', "after an item of a list comes `,` or `]`");
        }

        return new ListExpression(open.Position, items, IsBraced: false);
    }

    private void ReadItems(List<Expression> items)
    {
        do
        {
            items.Add(ReadExpression());
        }
        while (TryTake(','));
    }

    private StringExpression ReadString()
    {
        SourcePosition position = Peek().Position;
        StringBuilder value = new();
        while (Peek().Kind == TokenKind.String)
        {
            Unescape(Take(), value);
        }

        bool isPrefix = Peek().Kind == TokenKind.Ellipsis;
        if (isPrefix)
        {
            Take();
        }

        return new StringExpression(position, value.ToString(), isPrefix);
    }

    private static void Unescape(in Token token, StringBuilder value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(token.Text);
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '\\' || i + 1 == bytes.Length)
            {
                value.Append((char)bytes[i]);
                continue;
            }

            char code = (char)bytes[++i];
            if (code == 'x' && i + 2 < bytes.Length && IsHex(bytes[i + 1]) && IsHex(bytes[i + 2]))
            {
                value.Append((char)byte.Parse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 2;
                continue;
            }

            int known = "\\\"'0abfnrtv".IndexOf(code, StringComparison.Ordinal);
            value.Append(known >= 0
                ? "\\\"'\0\a\b\f\n\r\t\v"[known]
                : throw Fail(token.Position, $"a string with the escape `\\{Token.Shorten(code.ToString())}`; there are \\\\ \\\" \\' \\0 \\a \\b \\f \\n \\r \\t \\v and \\xHH"));
        }
    }

    private static bool IsHex(byte c) => char.IsAsciiHexDigit((char)c);
}
