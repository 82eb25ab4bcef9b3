using System.Collections.Frozen;
using System.Globalization;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Names that a script may write where a system call takes a number, with Linux's values.</summary>
internal static partial class LinuxSymbols
{
    private static readonly FrozenDictionary<string, long> ByName;

    // The table is in another file: only a constructor comes surely after it.
    static LinuxSymbols() => ByName = Table.ToFrozenDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);

    /// <summary>The value of a name, errno names among them.</summary>
    public static bool TryGet(string name, out long value)
    {
        if (ByName.TryGetValue(name, out value))
        {
            return true;
        }

        bool found = LinuxErrno.TryGet(name, out int errno);
        value = errno;
        return found;
    }

    /// <summary>For a name that is not there: <c>; did you mean `SOCK_STREAM`?</c>, or nothing where none is near.</summary>
    public static string Hint(string name) => Suggestions.Nearest(name, ByName.Keys) is { } near ? $"; did you mean `{near}`?" : "";

    /// <summary>The value of a name that must be in the table.</summary>
    public static long Value(string name) => ByName[name];

    /// <summary>The first name with that prefix and value; else the prefix and the number.</summary>
    public static string Name(string prefix, long value)
    {
        foreach ((string name, long number) in Table)
        {
            if (number == value && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return $"{prefix}{value.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The first name with that prefix and value, apart from those that begin like one of the others; or null.</summary>
    public static string? Find(string prefix, long value, ReadOnlySpan<string> others)
    {
        foreach ((string name, long number) in Table)
        {
            if (number == value && name.StartsWith(prefix, StringComparison.Ordinal) && !BeginsLike(name, others))
            {
                return name;
            }
        }

        return null;
    }

    private static bool BeginsLike(string name, ReadOnlySpan<string> prefixes)
    {
        foreach (string prefix in prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A set of flags by name, such as <c>EPOLLIN|EPOLLOUT</c>; <c>0</c> for none.</summary>
    public static string Flags(string prefix, long flags)
    {
        if (flags == 0)
        {
            return "0";
        }

        List<string> names = [];
        foreach ((string name, long value) in Table)
        {
            bool single = value > 0 && (value & (value - 1)) == 0;
            if (single && (flags & value) != 0 && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                names.Add(name);
                flags &= ~value;
            }
        }

        if (flags != 0)
        {
            names.Add($"0x{flags:x}");
        }

        return string.Join('|', names);
    }

    /// <summary>All names, errno names apart.</summary>
    public static IEnumerable<string> Known => ByName.Keys;
}
