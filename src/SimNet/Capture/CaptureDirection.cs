namespace SimNet.Capture;

/// <summary>Which way a frame went at the interface that was watched; bits 0 and 1 of pcapng's <c>epb_flags</c>.</summary>
public enum CaptureDirection
{
    /// <summary>Not recorded.</summary>
    Unknown = 0,

    /// <summary>Received by the interface.</summary>
    Inbound = 1,

    /// <summary>Sent by the interface.</summary>
    Outbound = 2,
}
