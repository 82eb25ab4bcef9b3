using System.Globalization;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Calls in one line, for messages.</summary>
internal static class CallText
{
    /// <summary><c>write(4, ..., 1000)</c></summary>
    public static string Of(SystemCallSpec call) => $"{call.Name}({List(call.Arguments)})";

    /// <summary>The call with the result that the script writes: <c>read(4, ..., 10) = -1 EAGAIN</c>.</summary>
    public static string WithResult(SystemCallSpec call)
    {
        string error = call.Error is { } name ? $" {name.Name}" : "";
        return $"{Of(call)} = {Of(call.Result)}{error}";
    }

    /// <summary>An expression as a script writes it.</summary>
    public static string Of(Expression expression) => expression switch
    {
        EllipsisExpression => "...",
        IntegerExpression { IsHexadecimal: true } integer => $"0x{integer.Value:x}",
        IntegerExpression integer => integer.Value.ToString(CultureInfo.InvariantCulture),
        FloatExpression number => number.Text,
        SymbolExpression symbol => symbol.Name,
        StringExpression text => $"\"{Escape(text.Value)}\"{(text.IsPrefix ? "..." : "")}",
        ListExpression list => list.IsBraced ? $"{{{List(list.Items)}}}" : $"[{List(list.Items)}]",
        ComplementExpression complement => $"~{Of(complement.Operand)}",
        BinaryExpression binary => $"{Of(binary.Left)}{Sign(binary.Operator)}{Of(binary.Right)}",
        NamedValueExpression named => $"{named.Name}={Of(named.Value)}",
        AddressExpression address => $"{(address.IsV6 ? "inet6_addr" : "inet_addr")}(\"{address.Address}\")",
        PollDescriptorExpression poll => $"{{fd={Of(poll.Descriptor)}, events={Of(poll.Events)}"
            + (poll.Returned is null ? "}" : $", revents={Of(poll.Returned)}}}"),
        EpollEventExpression epoll => $"{{events={Of(epoll.Events)}, {Member(epoll.Member)}={Of(epoll.Data)}}}",
        SignatureKeyExpression => "{tcpm_key=…}",
        LingerExpression linger => $"{{onoff={linger.OnOff}, linger={linger.Seconds}}}",
        IoVectorExpression vector => $"{{{Of(vector.Base)}, {Of(vector.Length)}}}",
        MessageHeaderExpression => "{msghdr}",
        StructExpression other => $"{{{other.TypeName}}}",
        _ => "?",
    };

    private static string List(IReadOnlyList<Expression> items) => string.Join(", ", items.Select(Of));

    private static string Sign(BinaryOperator @operator) => @operator switch
    {
        BinaryOperator.Or => "|",
        BinaryOperator.And => "&",
        BinaryOperator.ShiftLeft => "<<",
        _ => ">>",
    };

    private static string Member(EpollDataMember member) => member switch
    {
        EpollDataMember.Descriptor => "fd",
        EpollDataMember.Pointer => "ptr",
        EpollDataMember.U32 => "u32",
        _ => "u64",
    };

    private static string Escape(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' and not '"' and not '\\'
        ? c.ToString()
        : $"\\x{(int)c:x2}"));
}
