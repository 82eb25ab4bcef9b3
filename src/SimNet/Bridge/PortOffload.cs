namespace SimNet.Bridge;

/// <summary>What a <see cref="BridgePort"/> does to packets of many segments; a session's frames hang on it.</summary>
[Flags]
internal enum PortOffload
{
    /// <summary>There are none.</summary>
    None = 0,

    /// <summary><see cref="BridgePort.ReceiveOffload"/>.</summary>
    Receive = 1,

    /// <summary><see cref="BridgePort.SegmentationOffload"/>.</summary>
    Segmentation = 2,

    /// <summary><see cref="BridgePort.HasOffloadDevice"/>.</summary>
    Device = 4,
}
