namespace SimStack.Sockets;

/// <summary>How the times of what is received are told (socket(7)): SOCK_RCVTSTAMP and SOCK_RCVTSTAMPNS.</summary>
internal enum ArrivalTimesKind : byte
{
    None,

    /// <summary>SO_TIMESTAMP: as a struct timeval.</summary>
    Microseconds,

    /// <summary>SO_TIMESTAMPNS: as a struct timespec.</summary>
    Nanoseconds,
}
