using System.Globalization;
using System.Text;

namespace SimStack.Profiles;

/// <summary>net.ipv4.ip_local_reserved_ports and ip_autobind_reuse.</summary>
public sealed partial class Sysctls
{
    private const string ReservedPortsName = "net.ipv4.ip_local_reserved_ports";

    public bool AutobindReuse;

    private string _reservedPortsText = "";

    /// <summary>A bit for each port; null while none is reserved.</summary>
    private ulong[]? _reservedPorts;

    /// <summary>Whether the host does not choose that port itself; bind(2) may still name it.</summary>
    internal bool IsPortReserved(int port) => _reservedPorts is { } reserved && (reserved[port >> 6] >> (port & 63) & 1) != 0;

    /// <summary>Null, or what is wrong with the text: a list of ports and ranges, as <c>8080,9148-9150</c>, or nothing.</summary>
    private static string? SetReservedPorts(Sysctls sysctls, string text)
    {
        ulong[]? ports = null;
        foreach (string word in text.Split([',', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = word.Split('-');
            if (ends.Length > 2 || !TryPort(ends[0], out int first) || !TryPort(ends[^1], out int last) || last < first)
            {
                return $"{ReservedPortsName} takes ports and ranges such as 8080,9148-9150, not '{word}'";
            }

            ports ??= new ulong[65_536 / 64];
            for (int port = first; port <= last; port++)
            {
                ports[port >> 6] |= 1UL << (port & 63);
            }
        }

        sysctls._reservedPorts = ports;
        sysctls._reservedPortsText = sysctls.PrintReservedPorts();
        return null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65_535;

    private string PrintReservedPorts()
    {
        StringBuilder text = new();
        for (int port = 0; port < 65_536; port++)
        {
            if (!IsPortReserved(port))
            {
                continue;
            }

            int first = port;
            while (port < 65_535 && IsPortReserved(port + 1))
            {
                port++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(first);
            if (port > first)
            {
                text.Append('-').Append(port);
            }
        }

        return text.ToString();
    }
}
