namespace SimStack.Sockets;

/// <summary>SO_TIMESTAMPING by Linux's names and values (Documentation/networking/timestamping.rst).</summary>
[Flags]
public enum TimestampingFlags
{
    None = 0,

    /// <summary>By the network card: interfaces here have no clock, so none comes.</summary>
    SOF_TIMESTAMPING_TX_HARDWARE = 0x1,

    /// <summary>When the packet is handed to the device.</summary>
    SOF_TIMESTAMPING_TX_SOFTWARE = 0x2,
    SOF_TIMESTAMPING_RX_HARDWARE = 0x4,

    /// <summary>When what is received arrived (<see cref="TcpSocket.ArrivedAt"/>).</summary>
    SOF_TIMESTAMPING_RX_SOFTWARE = 0x8,

    /// <summary>Times taken in software are told.</summary>
    SOF_TIMESTAMPING_SOFTWARE = 0x10,
    SOF_TIMESTAMPING_SYS_HARDWARE = 0x20,
    SOF_TIMESTAMPING_RAW_HARDWARE = 0x40,

    /// <summary>Every time tells which byte it is about: its offset in the stream since this was set.</summary>
    SOF_TIMESTAMPING_OPT_ID = 0x80,

    /// <summary>When the packet enters the device's queue.</summary>
    SOF_TIMESTAMPING_TX_SCHED = 0x100,

    /// <summary>When the peer acknowledged the byte and all before it.</summary>
    SOF_TIMESTAMPING_TX_ACK = 0x200,
    SOF_TIMESTAMPING_OPT_CMSG = 0x400,

    /// <summary>The time without the packet.</summary>
    SOF_TIMESTAMPING_OPT_TSONLY = 0x800,
    SOF_TIMESTAMPING_OPT_STATS = 0x1000,
    SOF_TIMESTAMPING_OPT_PKTINFO = 0x2000,
    SOF_TIMESTAMPING_OPT_TX_SWHW = 0x4000,
    SOF_TIMESTAMPING_BIND_PHC = 0x8000,

    /// <summary>Offsets count from the last byte written when this was set, not from the last acknowledged.</summary>
    SOF_TIMESTAMPING_OPT_ID_TCP = 0x1_0000,
    SOF_TIMESTAMPING_OPT_RX_FILTER = 0x2_0000,
    SOF_TIMESTAMPING_TX_COMPLETION = 0x4_0000,
}

/// <summary>What a time in the error queue is about, by Linux's numbers (SCM_TSTAMP_…; ee_info).</summary>
public enum TimestampKind
{
    /// <summary>SCM_TSTAMP_SND: the packet was handed to the device.</summary>
    Sent = 0,

    /// <summary>SCM_TSTAMP_SCHED: the packet entered the device's queue.</summary>
    Scheduled = 1,

    /// <summary>SCM_TSTAMP_ACK: the peer acknowledged the byte.</summary>
    Acknowledged = 2,
}
