namespace SimStack.Sockets;

/// <summary>Values of IP_MTU_DISCOVER by Linux's names (ip(7)).</summary>
public enum PathMtuDiscovery
{
    /// <summary>DF is not set; reports of a smaller path MTU are not told to the socket.</summary>
    IP_PMTUDISC_DONT = 0,

    /// <summary>DF on what fits the path MTU; what is longer leaves in fragments. The default.</summary>
    IP_PMTUDISC_WANT = 1,

    /// <summary>DF always; what is longer than the path MTU is refused with EMSGSIZE.</summary>
    IP_PMTUDISC_DO = 2,

    /// <summary>DF always; only the interface's MTU counts.</summary>
    IP_PMTUDISC_PROBE = 3,

    /// <summary>DF never; only the interface's MTU counts, and reports of a smaller one are ignored.</summary>
    IP_PMTUDISC_INTERFACE = 4,

    /// <summary>As INTERFACE, and what is longer leaves in fragments.</summary>
    IP_PMTUDISC_OMIT = 5,
}
