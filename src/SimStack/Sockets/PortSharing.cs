namespace SimStack.Sockets;

/// <summary>What a socket allows to others on its address and port; connections and TIME-WAIT keep it when the socket is gone.</summary>
[Flags]
internal enum PortSharing : byte
{
    None = 0,

    /// <summary>SO_REUSEADDR.</summary>
    Address = 1,

    /// <summary>SO_REUSEPORT.</summary>
    Port = 2,
}
