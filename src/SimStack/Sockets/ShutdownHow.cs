namespace SimStack.Sockets;

/// <summary>The second argument of shutdown(2).</summary>
public enum ShutdownHow
{
    SHUT_RD = 0,
    SHUT_WR = 1,
    SHUT_RDWR = 2,
}
