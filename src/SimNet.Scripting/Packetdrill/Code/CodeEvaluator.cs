using System.Numerics;
using System.Text;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>Runs the statements of one block. Bounded in steps, in the size of values and in depth.</summary>
internal sealed class CodeEvaluator(CodeScope scope, CodeLookup lookup)
{
    private const int MostSteps = 200_000;
    private const int LongestOutput = 65_536;

    private readonly StringBuilder _output = new();
    private int _steps;

    /// <summary>What was printed so far.</summary>
    public string Output => _output.ToString();

    /// <summary>Runs statements in order.</summary>
    /// <exception cref="CodeException">An assertion failed, or the code made a mistake.</exception>
    public void Run(IReadOnlyList<CodeStatement> statements) => Execute(statements);

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private Flow Execute(IReadOnlyList<CodeStatement> statements)
    {
        foreach (CodeStatement statement in statements)
        {
            Flow flow = Execute(statement);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Execute(CodeStatement statement)
    {
        Step(statement.Start);
        switch (statement)
        {
            case AssertStatement assert:
                Assert(assert);
                break;
            case AssignStatement assign:
                object value = Evaluate(assign.Value);
                foreach (CodeExpression target in assign.Targets)
                {
                    Assign(target, value);
                }

                break;
            case AugmentStatement augment:
                object old = Evaluate(augment.Target);
                scope.Set(
                    augment.Target.Name,
                    CodeOperators.Binary(augment.OperatorStart, augment.Operator, old, Evaluate(augment.Value)));
                break;
            case PrintStatement print:
                Print(print.Start, [.. print.Values.Select(Evaluate)]);
                break;
            case ExpressionStatement expression:
                Evaluate(expression.Expression);
                break;
            case IfStatement branch:
                return If(branch);
            case WhileStatement loop:
                return While(loop);
            case ForStatement loop:
                return For(loop);
            case FlowStatement { Keyword: "break" }:
                return Flow.Break;
            case FlowStatement { Keyword: "continue" }:
                return Flow.Continue;
        }

        return Flow.Next;
    }

    private void Step(int at)
    {
        if (++_steps > MostSteps)
        {
            throw new CodeException(at, $"the code does not end within {MostSteps} steps");
        }
    }

    private Flow If(IfStatement statement)
    {
        foreach ((CodeExpression condition, IReadOnlyList<CodeStatement> body) in statement.Branches)
        {
            if (CodeValues.Truth(Evaluate(condition)))
            {
                return Execute(body);
            }
        }

        return Execute(statement.Else);
    }

    private Flow While(WhileStatement loop)
    {
        while (CodeValues.Truth(Evaluate(loop.Condition)) && Execute(loop.Body) != Flow.Break)
        {
            Step(loop.Start);
        }

        return Flow.Next;
    }

    private Flow For(ForStatement loop)
    {
        object sequence = Evaluate(loop.Sequence);
        IEnumerable<object> items = CodeOperators.Items(sequence)
            ?? throw new CodeException(loop.Sequence.Start, $"a value of type {CodeValues.TypeName(sequence)} has no items to go through");
        foreach (object item in items)
        {
            Step(loop.Start);
            Assign(loop.Target, item);
            if (Execute(loop.Body) == Flow.Break)
            {
                break;
            }
        }

        return Flow.Next;
    }

    private void Assign(CodeExpression target, object value)
    {
        if (target is NameExpression name)
        {
            scope.Set(name.Name, value);
            return;
        }

        CodeExpression[] targets = [.. ((SequenceExpression)target).Items];
        object[] items = CodeOperators.Items(value)?.ToArray()
            ?? throw new CodeException(target.Start, $"a value of type {CodeValues.TypeName(value)} cannot be unpacked");
        if (items.Length != targets.Length)
        {
            throw new CodeException(target.Start, $"{items.Length} values for {targets.Length} names");
        }

        for (int i = 0; i < items.Length; i++)
        {
            Assign(targets[i], items[i]);
        }
    }

    private void Assert(AssertStatement statement)
    {
        if (CodeValues.Truth(Evaluate(statement.Condition)))
        {
            return;
        }

        throw new CodeException(statement.Start, new AssertionText(TryValue).Of(statement));
    }

    // For the message of an assertion that failed: nothing may fail any more.
    private object? TryValue(CodeExpression expression)
    {
        try
        {
            return Evaluate(expression);
        }
        catch (CodeException)
        {
            return null;
        }
    }

    private object Print(int at, object[] values)
    {
        string line = string.Join(' ', values.Select(CodeValues.Str));
        if (_output.Length + line.Length > LongestOutput)
        {
            throw new CodeException(at, $"the code prints more than {LongestOutput} characters");
        }

        _output.Append(line).Append('\n');
        return CodeNone.Value;
    }

    private object Evaluate(CodeExpression expression)
    {
        Step(expression.Start);
        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case NameExpression name:
                return Name(name);
            case UnaryExpression { Operator: "not" } not:
                return !CodeValues.Truth(Evaluate(not.Operand));
            case UnaryExpression unary:
                return CodeOperators.Unary(unary.Start, unary.Operator, Evaluate(unary.Operand));
            case BinaryExpression binary:
                object left = Evaluate(binary.Left);
                return CodeOperators.Binary(binary.OperatorStart, binary.Operator, left, Evaluate(binary.Right));
            case LogicalExpression logical:
                object first = Evaluate(logical.Left);
                return CodeValues.Truth(first) == logical.IsAnd ? Evaluate(logical.Right) : first;
            case ComparisonExpression comparison:
                return Compare(comparison);
            case ConditionalExpression conditional:
                return Evaluate(CodeValues.Truth(Evaluate(conditional.Condition)) ? conditional.Then : conditional.Else);
            case SequenceExpression sequence:
                return CodeOperators.Sequence(sequence.Start, sequence.IsTuple, [.. sequence.Items.Select(Evaluate)]);
            case IndexExpression index:
                object indexed = Evaluate(index.Sequence);
                return CodeOperators.Index(index.Start, indexed, Evaluate(index.Index));
            case CallExpression call:
                return Call(call);
            default:
                throw new CodeException(expression.Start, "this expression is not supported");
        }
    }

    private bool Compare(ComparisonExpression comparison)
    {
        object left = Evaluate(comparison.First);
        foreach ((string op, int at, CodeExpression rightSide) in comparison.Rest)
        {
            object right = Evaluate(rightSide);
            if (!CodeOperators.Compare(at, op, left, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private object Call(CallExpression call)
    {
        object function = Evaluate(call.Function);
        object[] arguments = [.. call.Arguments.Select(Evaluate)];
        return function switch
        {
            CodeFunction { Name: "print" } => Print(call.Start, arguments),
            CodeFunction f => f.Call(call.Start, arguments),
            _ => throw new CodeException(call.Start, $"a value of type {CodeValues.TypeName(function)} cannot be called"),
        };
    }

    private object Name(NameExpression expression)
    {
        string name = expression.Name;
        if (scope.TryGet(name, out object? value))
        {
            return value;
        }

        if (CodeNames.TryConstant(name, out BigInteger constant))
        {
            return constant;
        }

        CodeLookupResult found = lookup(name);
        if (found.HasValue)
        {
            return found.Number;
        }

        if (found.IsKnown || CodeNames.IsField(name) || CodeFunctions.IsOfPython(name))
        {
            throw new CodeException(CodeOutcomeKind.Unsupported, expression.Start, $"{name} is not supported yet");
        }

        if (CodeFunctions.TryGet(name, out CodeFunction? function))
        {
            return function;
        }

        string? near = Suggestions.Nearest(name, CodeNames.Given);
        throw new CodeException(
            expression.Start, $"the name `{CodeValues.OneLine(name, 60)}` is not defined{(near is null ? "" : $"; did you mean `{near}`?")}");
    }
}
