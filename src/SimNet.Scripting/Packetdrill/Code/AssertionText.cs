using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>What a failed assertion says: itself, the values of its names, and the script's own message.</summary>
/// <param name="valueOf">A value, or null when it cannot be had.</param>
internal sealed class AssertionText(Func<CodeExpression, object?> valueOf)
{
    private const int LongestValue = 120;
    private const int LongestMessage = 300;
    private const int MostNames = 12;

    private readonly List<string> _names = [];
    private readonly List<string> _values = [];

    /// <summary><c>assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9 (the message)</c>, on one line.</summary>
    public string Of(AssertStatement statement)
    {
        Collect(statement.Condition);
        if (statement.Message is NameExpression)
        {
            Collect(statement.Message);
        }

        string values = string.Join(", ", _values);
        string text = $"assert {statement.Text}";
        string? message = statement.Message is null or NameExpression || valueOf(statement.Message) is not { } value
            ? null
            : CodeValues.OneLine(CodeValues.Str(value), LongestMessage);
        return (values.Length, message) switch
        {
            (0, null) => text,
            (0, _) => $"{text}: {message}",
            (_, null) => $"{text}: {values}",
            _ => $"{text}: {values} ({message})",
        };
    }

    private void Collect(CodeExpression expression)
    {
        switch (expression)
        {
            case NameExpression name:
                Add(name);
                break;
            case UnaryExpression unary:
                Collect(unary.Operand);
                break;
            case BinaryExpression binary:
                Collect([binary.Left, binary.Right]);
                break;
            case LogicalExpression logical:
                Collect([logical.Left, logical.Right]);
                break;
            case ComparisonExpression comparison:
                Collect([comparison.First, .. comparison.Rest.Select(r => r.Right)]);
                break;
            case ConditionalExpression conditional:
                Collect([conditional.Condition, conditional.Then, conditional.Else]);
                break;
            case SequenceExpression sequence:
                Collect(sequence.Items);
                break;
            case CallExpression call:
                Collect([call.Function, .. call.Arguments]);
                break;
            case IndexExpression index:
                Collect([index.Sequence, index.Index]);
                break;
        }
    }

    private void Collect(IReadOnlyList<CodeExpression> expressions)
    {
        foreach (CodeExpression expression in expressions)
        {
            Collect(expression);
        }
    }

    // Constants and functions tell nothing.
    private void Add(NameExpression name)
    {
        if (_names.Count >= MostNames || _names.Contains(name.Name) || CodeNames.TryConstant(name.Name, out _))
        {
            return;
        }

        _names.Add(name.Name);
        object? value = valueOf(name);
        if (value is null or CodeFunction)
        {
            return;
        }

        string? meaning = value is BigInteger number ? CodeNames.Meaning(name.Name, number) : null;
        string text = CodeValues.OneLine(CodeValues.Repr(value), LongestValue);
        _values.Add($"{CodeValues.OneLine(name.Name, 60)} is {text}{(string.IsNullOrEmpty(meaning) ? "" : $" [{meaning}]")}");
    }
}
