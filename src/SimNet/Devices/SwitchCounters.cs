namespace SimNet.Devices;

/// <summary>What a switch did with frames that arrived: received = forwarded + flooded + filtered + those dropped.</summary>
public sealed class SwitchCounters
{
    /// <summary>Frames that arrived at any port.</summary>
    public long Received { get; internal set; }

    /// <summary>Frames that left through the one port behind which their destination is.</summary>
    public long Forwarded { get; internal set; }

    /// <summary>Frames that left through all other ports: to a group, or to an address that is not known.</summary>
    public long Flooded { get; internal set; }

    /// <summary>Copies made for that.</summary>
    public long Copies { get; internal set; }

    /// <summary>Frames for an address behind the port at which they arrived; they stay there.</summary>
    public long Filtered { get; internal set; }

    /// <summary>Frames dropped because they claim to come from a group (IEEE 802.3 §3.2.3) or from no address.</summary>
    public long BadSource { get; internal set; }

    /// <summary>Frames dropped because of an address that bridges keep to themselves, 01:80:c2:00:00:00 to 0f (IEEE 802.1D §7.12.6).</summary>
    public long Reserved { get; internal set; }

    /// <summary>Frames dropped because they are shorter than an Ethernet header.</summary>
    public long TooShort { get; internal set; }

    /// <summary>Frames dropped because their port is down.</summary>
    public long PortDown { get; internal set; }

    /// <summary>Frames that had no port to leave through: no other has a link.</summary>
    public long NoPort { get; internal set; }
}
