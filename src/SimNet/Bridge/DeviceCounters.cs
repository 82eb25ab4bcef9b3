namespace SimNet.Bridge;

/// <summary>What went through a device, seen from the simulation: received is what the real network sent.</summary>
public sealed class DeviceCounters
{
    /// <summary>Frames read.</summary>
    public long RxFrames { get; internal set; }

    /// <summary>Their bytes.</summary>
    public long RxBytes { get; internal set; }

    /// <summary>Frames that could not be used: cut off, or with a header that makes no sense.</summary>
    public long RxErrors { get; internal set; }

    /// <summary>
    /// Frames that were lost before they entered: the system dropped them because they were not read in time, as far as it tells, or the session was stopped
    /// when it had read them and virtual time was far behind.
    /// </summary>
    public long RxDropped { get; internal set; }

    /// <summary>Frames written.</summary>
    public long TxFrames { get; internal set; }

    /// <summary>Their bytes.</summary>
    public long TxBytes { get; internal set; }

    /// <summary>Frames that the device did not take: its queue was full, or it was down.</summary>
    public long TxDropped { get; internal set; }
}
