namespace SimNet.Capture;

/// <summary>
/// What the first byte of a captured frame belongs to, by the numbers of the pcap and pcapng files
/// (www.tcpdump.org/linktypes.html). Numbers without a name here are passed through.
/// </summary>
public enum CaptureLinkType
{
    /// <summary>BSD loopback: a 4-byte address family in the capturing machine's byte order.</summary>
    Null = 0,

    /// <summary>Ethernet II or IEEE 802.3, without preamble and frame check sequence.</summary>
    Ethernet = 1,

    /// <summary>An IPv4 or IPv6 header, told apart by its version.</summary>
    RawIp = 101,

    /// <summary>Linux "cooked" capture, version 1 (16 bytes before the payload).</summary>
    LinuxCooked = 113,

    /// <summary>An IPv4 header.</summary>
    Ipv4 = 228,

    /// <summary>An IPv6 header.</summary>
    Ipv6 = 229,

    /// <summary>Linux "cooked" capture, version 2 (20 bytes before the payload).</summary>
    LinuxCooked2 = 276,
}
