namespace SimStack.Sockets;

/// <summary>The sides of a socket that shutdown(2) ended (Linux: sk_shutdown).</summary>
[Flags]
internal enum ShutSides : byte
{
    None = 0,
    Receiving = 1,
    Sending = 2,
}
