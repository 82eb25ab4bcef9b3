using System.Globalization;
using System.Text;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>Expressions and structures.</summary>
internal sealed partial class PacketdrillWriter
{
    // How tightly an expression binds; what binds less than its surroundings stands in parentheses.
    private const int Loosest = 0;
    private const int Tightest = 4;

    private static int Binding(Expression expression) => expression switch
    {
        NamedValueExpression => 0,
        BinaryExpression binary => Binding(binary.Operator),
        _ => Tightest,
    };

    private static int Binding(BinaryOperator sign) => sign switch
    {
        BinaryOperator.Or => 1,
        BinaryOperator.And => 2,
        _ => 3,
    };

    private void WriteItems(IReadOnlyList<Expression> items, string separator)
    {
        for (int i = 0; i < items.Count; i++)
        {
            _text.Append(i > 0 ? separator : "");
            WriteExpression(items[i]);
        }
    }

    private void WriteExpression(Expression expression, int atLeast = Loosest)
    {
        bool parenthesised = Binding(expression) < atLeast;
        _text.Append(parenthesised ? "(" : "");
        switch (expression)
        {
            case EllipsisExpression:
                _text.Append("...");
                break;
            case IntegerExpression number:
                _text.Append(number.IsHexadecimal ? $"0x{number.Value:x}" : number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatExpression number:
                _text.Append(number.Text);
                break;
            case SymbolExpression symbol:
                _text.Append(symbol.Name);
                break;
            case StringExpression text:
                WriteString(text);
                break;
            case ListExpression list:
                _text.Append(list.IsBraced ? '{' : '[');
                WriteItems(list.Items, ", ");
                _text.Append(list.IsBraced ? '}' : ']');
                break;
            case BinaryExpression binary:
                int binding = Binding(binary.Operator);
                WriteExpression(binary.Left, binding);
                _text.Append(Sign(binary.Operator));
                WriteExpression(binary.Right, binding + 1);
                break;
            case ComplementExpression complement:
                _text.Append('~');
                WriteExpression(complement.Operand, Tightest);
                break;
            case NamedValueExpression named:
                _text.Append(named.Name).Append('=');
                WriteExpression(named.Value);
                break;
            case AddressExpression address:
                _text.Append(address.IsV6 ? "inet6_addr(\"" : "inet_addr(\"").Append(VersionedText(address.Address, address.IsV6)).Append("\")");
                break;
            case StructExpression structure:
                _text.Append('{');
                WriteStructure(structure);
                _text.Append('}');
                break;
        }

        _text.Append(parenthesised ? ")" : "");
    }

    private static string Sign(BinaryOperator sign) => sign switch
    {
        BinaryOperator.Or => "|",
        BinaryOperator.And => "&",
        BinaryOperator.ShiftLeft => "<<",
        _ => ">>",
    };

    private void WriteString(StringExpression text) => _text.Append(Quoted(text));

    private static string Quoted(StringExpression text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text.Value)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or > '~' => $"\\x{(int)c:x2}",
                _ => c.ToString(),
            });
        }

        return quoted.Append(text.IsPrefix ? "\"..." : "\"").ToString();
    }

    private void WriteStructure(StructExpression structure)
    {
        switch (structure)
        {
            case SocketAddressExpression socket:
                _text.Append($"sa_family = {(socket.IsV6 ? "AF_INET6" : "AF_INET")}, sin_port = htons({socket.Port}), sin_addr = inet_addr(\"{VersionedText(socket.Address, socket.IsV6)}\")");
                break;
            case MessageHeaderExpression message:
                WriteMessage(message);
                break;
            case IoVectorExpression vector:
                WriteItems([vector.Base, vector.Length], ", ");
                break;
            case ControlMessageExpression control:
                WriteFieldsBelow(("cmsg_level", control.Level), ("cmsg_type", control.Type), ("cmsg_data", control.Data));
                break;
            case ExtendedErrorExpression error:
                WriteFieldsBelow(
                    ("ee_errno", error.Errno), ("ee_origin", error.Origin), ("ee_type", error.Type),
                    ("ee_code", error.Code), ("ee_info", error.Info), ("ee_data", error.Data));
                break;
            case PollDescriptorExpression poll:
                WriteField("fd", poll.Descriptor);
                WriteNextField("events", poll.Events);
                if (poll.Returned is { } returned)
                {
                    WriteNextField("revents", returned);
                }

                break;
            case EpollEventExpression epoll:
                WriteField("events", epoll.Events);
                WriteNextField(MemberName(epoll.Member), epoll.Data);
                break;
            case TimestampingExpression times:
                _text.Append(CultureInfo.InvariantCulture, $"scm_sec={times.Seconds},scm_nsec={times.Nanoseconds}");
                break;
            case LingerExpression linger:
                _text.Append(CultureInfo.InvariantCulture, $"onoff={linger.OnOff}, linger={linger.Seconds}");
                break;
            case SignatureKeyExpression signature:
                _text.Append("tcpm_key=").Append(Quoted(signature.Key));
                _text.Append(signature.PrefixLength is { } length ? string.Create(CultureInfo.InvariantCulture, $", tcpm_prefixlen={length}") : "");
                break;
            case GreHeaderExpression gre:
                WriteGre(gre.Header);
                break;
            case MplsStackExpression mpls:
                WriteMpls(mpls.Entries);
                break;
            case PspTupleExpression psp:
                _text.Append($"spi=0x{psp.Spi:x}");
                break;
        }
    }

    private static string MemberName(EpollDataMember member) => member switch
    {
        EpollDataMember.Descriptor => "fd",
        EpollDataMember.Pointer => "ptr",
        EpollDataMember.U32 => "u32",
        _ => "u64",
    };

    private void WriteMessage(MessageHeaderExpression message)
    {
        int column = Column;
        _text.Append("msg_name(");
        WriteExpression(message.NameLength);
        _text.Append(")=");
        WriteExpression(message.Name);
        _text.Append(',');
        NewLineTo(column);
        _text.Append("msg_iov(");
        WriteExpression(message.VectorLength);
        _text.Append(")=");
        WriteExpression(message.Vector);
        WriteFieldBelow(column, "msg_flags", message.Flags);
        if (message.Control is { } control)
        {
            _text.Append(',');
            NewLineTo(column);
            _text.Append("msg_control=[");
            int itemColumn = Column;
            for (int i = 0; i < control.Items.Count; i++)
            {
                if (i > 0)
                {
                    _text.Append(',');
                    NewLineTo(itemColumn);
                }

                WriteExpression(control.Items[i]);
            }

            _text.Append(']');
        }
    }

    private void WriteField(string name, Expression value)
    {
        _text.Append(name).Append('=');
        WriteExpression(value);
    }

    private void WriteNextField(string name, Expression value)
    {
        _text.Append(", ");
        WriteField(name, value);
    }

    private void WriteFieldBelow(int column, string name, Expression value)
    {
        _text.Append(',');
        NewLineTo(column);
        WriteField(name, value);
    }

    private void WriteFieldsBelow(params ReadOnlySpan<(string Name, Expression Value)> fields)
    {
        int column = Column;
        WriteField(fields[0].Name, fields[0].Value);
        foreach ((string name, Expression value) in fields[1..])
        {
            WriteFieldBelow(column, name, value);
        }
    }

    // An IPv4 address mapped into IPv6 is an IPv4 address for the stack.
    private static string VersionedText(IpAddress address, bool isV6) => isV6 && address.IsV4 ? "::ffff:" + address : address.ToString();
}
