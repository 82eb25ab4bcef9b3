using System.Reflection;
using System.Text;

namespace Architecture.Tests;

/// <summary>The public surface of an assembly as text: a line per type and member, in ordinal order.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static IReadOnlyList<Assembly> Assemblies { get; } =
        [Assembly.Load("SimStack"), Assembly.Load("SimNet"), Assembly.Load("SimNet.Scripting"), Assembly.Load("SimNet.Hosting")];

    public static string Describe(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(TypeLine(type)).Append('\n');
            IEnumerable<string> members = typeof(Delegate).IsAssignableFrom(type) ? [] : type.GetMembers(Declared).SelectMany(MemberLines);
            foreach (string line in members.Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string TypeLine(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"delegate {Name(invoke.ReturnType)} {FullName(type)}({Parameters(invoke)})";
        }

        string kind = type switch
        {
            { IsInterface: true } => "interface",
            { IsEnum: true } => "enum",
            { IsValueType: true, IsByRefLike: true } => "ref struct",
            { IsValueType: true } => "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        List<string> bases = [];
        if (type.IsEnum)
        {
            bases.Add(Name(Enum.GetUnderlyingType(type)));
        }
        else
        {
            if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            {
                bases.Add(Name(parent));
            }

            bases.AddRange(type.GetInterfaces().Where(face => face.IsVisible).Select(Name).Order(StringComparer.Ordinal));
        }

        return $"{kind} {FullName(type)}{(bases.Count == 0 ? "" : " : " + string.Join(", ", bases))}";
    }

    private static IEnumerable<string> MemberLines(MemberInfo member)
    {
        switch (member)
        {
            case ConstructorInfo constructor when IsVisible(constructor):
                yield return $"{Modifiers(constructor)}new({Parameters(constructor)})";
                break;
            case MethodInfo method when IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)):
                string generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
                yield return $"{Modifiers(method)}{Name(method.ReturnType)}{Mark(method.ReturnParameter)} {method.Name}{generics}({Parameters(method)})";
                break;
            case PropertyInfo property when property.GetAccessors(true).Where(IsVisible).ToArray() is { Length: > 0 } accessors:
                string verbs = string.Join(" ", accessors.Select(accessor => accessor.Name.StartsWith("get_", StringComparison.Ordinal) ? "get;" : Setter(accessor)));
                string index = property.GetIndexParameters().Length == 0 ? "" : $"[{string.Join(", ", property.GetIndexParameters().Select(Parameter))}]";
                yield return $"{Modifiers(accessors[0])}{Name(property.PropertyType)}{Mark(Nullability.Create(property))} {property.Name}{index} {{ {verbs} }}";
                break;
            case FieldInfo field when (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName:
                yield return FieldLine(field);
                break;
            case EventInfo { AddMethod: { } add } happening when IsVisible(add):
                yield return $"{Modifiers(add)}event {Name(happening.EventHandlerType!)} {happening.Name}";
                break;
            default:
                break;
        }
    }

    private static string FieldLine(FieldInfo field)
    {
        if (field.DeclaringType!.IsEnum)
        {
            object value = Convert.ChangeType(field.GetRawConstantValue()!, Enum.GetUnderlyingType(field.DeclaringType), null);
            return FormattableString.Invariant($"{field.Name} = {value}");
        }

        string modifier = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string constant = field.IsLiteral ? FormattableString.Invariant($" = {field.GetRawConstantValue()}") : "";
        return $"{modifier}{Name(field.FieldType)}{Mark(Nullability.Create(field))} {field.Name}{constant}";
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Modifiers(MethodBase method) =>
        (method.IsPublic ? "" : "protected ")
        + (method.IsStatic ? "static " : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract "
            : method is { IsVirtual: true, IsFinal: false } && !method.DeclaringType!.IsInterface && !method.DeclaringType.IsSealed ? "virtual " : "");

    private static string Setter(MethodInfo accessor) =>
        accessor.ReturnParameter.GetRequiredCustomModifiers().Any(type => type.Name == "IsExternalInit") ? "init;" : "set;";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string way = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "";
        string mark = parameter.IsOut ? Mark(Nullability.Create(parameter).ReadState) : Mark(Nullability.Create(parameter));
        string value = parameter.HasDefaultValue ? $" = {Default(parameter.DefaultValue)}" : "";
        Type type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return $"{way}{Name(type)}{mark} {parameter.Name}{value}";
    }

    private static string Default(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => FormattableString.Invariant($"{value}"),
    };

    private static string Mark(ParameterInfo parameter) => Mark(Nullability.Create(parameter));

    private static string Mark(NullabilityInfo info) => info.Type.IsValueType ? "" : Mark(info.ReadState);

    private static string Mark(NullabilityState state) => state == NullabilityState.Nullable ? "?" : "";

    private static string FullName(Type type)
    {
        string prefix = type.DeclaringType is { } outer ? FullName(outer) + "." : type.Namespace + ".";
        return prefix + Name(type);
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }

        if (!type.IsGenericType || type.Name.IndexOf('`', StringComparison.Ordinal) is var tick && tick < 0)
        {
            return Keyword(type);
        }

        return $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static string Keyword(Type type) => type.IsEnum ? type.Name : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        TypeCode.SByte => "sbyte",
        TypeCode.Int16 => "short",
        TypeCode.UInt16 => "ushort",
        TypeCode.Int32 => "int",
        TypeCode.UInt32 => "uint",
        TypeCode.Int64 => "long",
        TypeCode.UInt64 => "ulong",
        TypeCode.Double => "double",
        TypeCode.Single => "float",
        TypeCode.Char => "char",
        TypeCode.String => "string",
        _ => type == typeof(void) ? "void" : type == typeof(object) ? "object" : type.Name,
    };
}
