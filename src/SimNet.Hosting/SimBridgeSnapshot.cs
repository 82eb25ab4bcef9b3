using SimStack.Tcp;

namespace SimNet.Hosting;

/// <summary>Figures of a bridge at a moment.</summary>
public sealed record SimBridgeSnapshot
{
    /// <summary>What went through each device so far.</summary>
    public required IReadOnlyList<SimBridgeDeviceSnapshot> Devices { get; init; }

    /// <summary>TCP sockets by host and state, LISTEN and the entries of SYN queues among them.</summary>
    public required IReadOnlyList<(string Host, TcpState State, int Count)> Connections { get; init; }

    /// <summary>Exceptions that left the code of simulated applications, by the application's name and the exception's type.</summary>
    public required IReadOnlyList<(string Application, string Type, long Count)> ApplicationExceptions { get; init; }

    /// <summary>How long the session has run by the wall clock.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The most that an event was behind the wall clock.</summary>
    public required TimeSpan LongestLag { get; init; }

    /// <summary>The longest time in which no device was looked at although frames may have come.</summary>
    public required TimeSpan LongestStall { get; init; }

    /// <summary>How long virtual time stood still in all, because the machine did not keep up.</summary>
    public required TimeSpan Slipped { get; init; }

    /// <summary>False once virtual time stood still or the system dropped frames: delays and losses were not those of the network alone.</summary>
    public bool IsFaithful => Slipped == TimeSpan.Zero && Devices.All(d => d.ReceiveDropped == 0);
}

/// <summary>What went through a device; received is what the real network sent.</summary>
/// <param name="Port">The port's name.</param>
/// <param name="Device">The device's name.</param>
/// <param name="ReceivedFrames">Frames read.</param>
/// <param name="ReceivedBytes">Their bytes.</param>
/// <param name="ReceiveDropped">Frames that were lost on the way in, as far as the system tells.</param>
/// <param name="ReceiveErrors">Frames that could not be used.</param>
/// <param name="SentFrames">Frames written.</param>
/// <param name="SentBytes">Their bytes.</param>
/// <param name="SendDropped">Frames that the device did not take.</param>
public sealed record SimBridgeDeviceSnapshot(
    string Port, string Device, long ReceivedFrames, long ReceivedBytes, long ReceiveDropped, long ReceiveErrors, long SentFrames, long SentBytes, long SendDropped);
