using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Socket options: level and number, Linux's name, and what the stack calls it.</summary>
internal static class OptionName
{
    public const int LevelIp = 0;
    public const int LevelSocket = 1;
    public const int LevelTcp = 6;
    public const int LevelUdp = 17;
    public const int LevelIpv6 = 41;

    // Names that begin like options and are none; TCP_COOKIE_TRANSACTIONS Linux had until 3.10.
    private static readonly string[] Others =
        ["SO_EE_", "TCP_NLA_", "TCP_CA_", "TCP_CM_", "TCP_INFINITE_", "TCP_COOKIE_", "IP_PMTUDISC_", "IPV6_PMTUDISC_"];

    /// <summary>Linux's name of an option; null for a level or number that Linux does not have.</summary>
    public static string? Find(int level, int number)
    {
        string? prefix = level switch
        {
            LevelIp => "IP_",
            LevelSocket => "SO_",
            LevelTcp => "TCP_",
            LevelUdp => "UDP_",
            LevelIpv6 => "IPV6_",
            _ => null,
        };
        return prefix is null ? null : LinuxSymbols.Find(prefix, number, Others);
    }

    /// <summary>The stack's option of that name; null when it has none.</summary>
    public static SocketOption? OfStack(string name)
    {
        // Linux keeps these for both versions in one place; the stack does too.
        string known = name switch
        {
            "IPV6_RECVERR" => nameof(SocketOption.IP_RECVERR),
            "IPV6_MTU_DISCOVER" => nameof(SocketOption.IP_MTU_DISCOVER),
            "IPV6_MTU" => nameof(SocketOption.IP_MTU),
            "IPV6_FREEBIND" => nameof(SocketOption.IP_FREEBIND),
            _ => name,
        };
        return Enum.TryParse(known, out SocketOption option) && Enum.IsDefined(option) ? option : null;
    }
}
