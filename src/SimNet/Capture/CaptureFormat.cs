namespace SimNet.Capture;

/// <summary>The file formats of captures.</summary>
public enum CaptureFormat
{
    /// <summary>pcapng: interfaces, names, comments, nanoseconds.</summary>
    Pcapng,

    /// <summary>Classic pcap in nanoseconds or microseconds.</summary>
    Pcap,
}
