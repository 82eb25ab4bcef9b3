using System.Collections.Frozen;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Error numbers by name and text, and those that calls return and the stack does not know.</summary>
internal static partial class LinuxErrno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EBADF = 9;
    public const int EFAULT = 14;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int EFBIG = 27;
    public const int ESPIPE = 29;
    public const int EPIPE = 32;
    public const int EDOM = 33;
    public const int ELOOP = 40;
    public const int ENODATA = 61;
    public const int ENOTSOCK = 88;
    public const int ESOCKTNOSUPPORT = 94;

    private static readonly FrozenDictionary<int, (string Name, string Text)> ByNumber;
    private static readonly FrozenDictionary<string, int> ByName;

    // The table is in another file: only a constructor comes surely after it.
    static LinuxErrno()
    {
        ByNumber = Table.ToFrozenDictionary(e => e.Number, e => (e.Name, e.Text));
        ByName = Names().ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>The number of a name as <c>errno.h</c> has it, aliases too.</summary>
    public static bool TryGet(string name, out int number) => ByName.TryGetValue(name, out number);

    /// <summary>As strace prints it: <c>EAGAIN (Resource temporarily unavailable)</c>.</summary>
    public static string Describe(int number) =>
        ByNumber.TryGetValue(number, out (string Name, string Text) found) ? $"{found.Name} ({found.Text})" : $"errno {number}";

    private static Dictionary<string, int> Names()
    {
        Dictionary<string, int> names = Table.ToDictionary(e => e.Name, e => e.Number);
        names["EWOULDBLOCK"] = names["EAGAIN"];
        names["EDEADLOCK"] = names["EDEADLK"];
        names["ENOTSUP"] = names["EOPNOTSUPP"];
        return names;
    }
}
