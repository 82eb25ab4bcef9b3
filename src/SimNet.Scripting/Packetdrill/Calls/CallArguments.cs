using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>The arguments of one system call, and what packetdrill takes for which.</summary>
internal sealed class CallArguments(SystemCallSpec call)
{
    public int Count => call.Arguments.Count;

    public Expression this[int index] => call.Arguments[index];

    /// <summary>Refuses any other number of arguments.</summary>
    public void RequireCount(int count)
    {
        if (Count != count)
        {
            throw CallException.Mistake($"{Count} arguments; {call.Name} takes {count}");
        }
    }

    public bool IsEllipsis(int index) => this[index] is EllipsisExpression;

    /// <summary>Refuses anything but <c>...</c>.</summary>
    public void RequireEllipsis(int index)
    {
        if (!IsEllipsis(index))
        {
            throw CallException.Mistake($"argument {index + 1} of {call.Name} is {CallText.Of(this[index])}; it can only be ...");
        }
    }

    /// <summary>32 bits.</summary>
    public int Int(int index) => Int(this[index]);

    /// <summary>64 bits.</summary>
    public long Long(int index) => Long(this[index]);

    /// <summary>The number in brackets: <c>[4]</c>.</summary>
    public long Bracketed(int index) => Bracketed(this[index]);

    /// <summary>A buffer: <c>...</c>, or NULL, for which this is true.</summary>
    public bool IsNull(int index)
    {
        if (IsEllipsis(index))
        {
            return false;
        }

        if (this[index] is IntegerExpression or SymbolExpression && Long(index) == 0)
        {
            return true;
        }

        throw CallException.Mistake($"the buffer is {CallText.Of(this[index])}; it can be ... or NULL");
    }

    /// <summary>A count of bytes.</summary>
    public int Length(int index)
    {
        int length = Int(index);
        return length >= 0 ? length : throw CallException.Mistake($"a length of {length}; it is 0 or more");
    }

    /// <summary>The value of an expression of 32 bits, signed or not.</summary>
    public static int Int(Expression expression)
    {
        long value = Long(expression);
        return value is >= int.MinValue and <= uint.MaxValue
            ? unchecked((int)value)
            : throw CallException.Mistake($"{value} does not fit 32 bits");
    }

    /// <summary>The value of an expression with names and operators.</summary>
    public static long Long(Expression expression) => expression switch
    {
        IntegerExpression integer => integer.Value,
        SymbolExpression symbol => LinuxSymbols.TryGet(symbol.Name, out long value)
            ? value
            : throw CallException.Mistake($"the name {symbol.Name}, which is not known{LinuxSymbols.Hint(symbol.Name)}"),
        ComplementExpression complement => ~Long(complement.Operand),
        BinaryExpression binary => Combine(binary.Operator, Long(binary.Left), Long(binary.Right)),
        _ => throw CallException.Mistake($"{CallText.Of(expression)} where a number belongs"),
    };

    /// <summary>The number in brackets: <c>[4]</c>.</summary>
    public static long Bracketed(Expression expression) => expression is ListExpression { Items: [var only] }
        ? Long(only)
        : throw CallException.Mistake($"{CallText.Of(expression)} where one number in brackets belongs");

    private static long Combine(BinaryOperator @operator, long left, long right) => @operator switch
    {
        BinaryOperator.Or => left | right,
        BinaryOperator.And => left & right,
        BinaryOperator.ShiftLeft => right is >= 0 and < 64 ? left << (int)right : 0,
        _ => right is >= 0 and < 64 ? left >> (int)right : 0,
    };
}
