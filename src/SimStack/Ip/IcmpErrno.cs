using SimStack.Sockets;
using SimStack.Wire;

namespace SimStack.Ip;

/// <summary>
/// Which errno an ICMP error means, and whether it is hard: reported to whoever has not asked for soft ones. Linux's tables
/// (icmp_err_convert, icmpv6_err_convert), which refine RFC 1122 §3.2.2.1 and RFC 4443 §3.
/// </summary>
internal static class IcmpErrno
{
    private static readonly (Errno Error, bool Hard)[] UnreachableV4 =
    [
        (Errno.ENETUNREACH, false),
        (Errno.EHOSTUNREACH, false),
        (Errno.ENOPROTOOPT, true),
        (Errno.ECONNREFUSED, true),
        (Errno.EMSGSIZE, false),
        (Errno.EOPNOTSUPP, false),
        (Errno.ENETUNREACH, true),
        (Errno.EHOSTDOWN, true),
        (Errno.ENONET, true),
        (Errno.ENETUNREACH, true),
        (Errno.EHOSTUNREACH, true),
        (Errno.ENETUNREACH, false),
        (Errno.EHOSTUNREACH, false),
        (Errno.EHOSTUNREACH, true),
        (Errno.EHOSTUNREACH, true),
        (Errno.EHOSTUNREACH, true),
    ];

    private static readonly (Errno Error, bool Hard)[] UnreachableV6 =
    [
        (Errno.ENETUNREACH, false),
        (Errno.EACCES, true),
        (Errno.EHOSTUNREACH, false),
        (Errno.EHOSTUNREACH, false),
        (Errno.ECONNREFUSED, true),
        (Errno.EACCES, true),
        (Errno.EACCES, true),
    ];

    /// <summary>OK for what means nothing to a sender: source quench (RFC 6633), redirects, unknown ICMPv4 codes. Compared with Linux 6.18.</summary>
    public static (Errno Error, bool Hard) For(in IcmpErrorInfo error) =>
        error.IsV4 ? ForV4((IcmpType)error.Type, error.Code) : ForV6((Icmpv6Type)error.Type, error.Code);

    private static (Errno Error, bool Hard) ForV4(IcmpType type, byte code) => type switch
    {
        IcmpType.DestinationUnreachable when code < UnreachableV4.Length => UnreachableV4[code],
        IcmpType.TimeExceeded => (Errno.EHOSTUNREACH, false),
        IcmpType.ParameterProblem => (Errno.EPROTO, true),
        _ => (Errno.OK, false),
    };

    private static (Errno Error, bool Hard) ForV6(Icmpv6Type type, byte code) => type switch
    {
        Icmpv6Type.DestinationUnreachable => code < UnreachableV6.Length ? UnreachableV6[code] : (Errno.EPROTO, true),
        Icmpv6Type.PacketTooBig => (Errno.EMSGSIZE, false),
        Icmpv6Type.TimeExceeded => (Errno.EHOSTUNREACH, false),
        Icmpv6Type.ParameterProblem => (Errno.EPROTO, true),
        < Icmpv6Type.EchoRequest => (Errno.EPROTO, false),
        _ => (Errno.OK, false),
    };
}
