using System.Collections;
using System.Reflection;
using System.Text;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

/// <summary>A syntax tree as text, positions left out: two trees are the same script when their texts are the same.</summary>
internal static class TreeText
{
    public static string Of(SyntaxNode node)
    {
        StringBuilder text = new();
        Write(text, node);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case SyntaxNode:
                text.Append(value.GetType().Name).Append('(');
                foreach (PropertyInfo property in value.GetType().GetProperties().Where(p => p.CanWrite && IsContent(p)))
                {
                    text.Append(property.Name).Append('=');
                    Write(text, property.GetValue(value));
                    text.Append(' ');
                }

                text.Append(')');
                break;
            case string:
                text.Append('\'').Append(value).Append('\'');
                break;
            case IEnumerable items:
                text.Append('[');
                foreach (object? item in items)
                {
                    Write(text, item);
                    text.Append(", ");
                }

                text.Append(']');
                break;
            default:
                text.Append(value);
                break;
        }
    }

    private static bool IsContent(PropertyInfo property) =>
        property.PropertyType != typeof(SourcePosition) && property.Name != nameof(ScriptEvent.EndLine);
}
