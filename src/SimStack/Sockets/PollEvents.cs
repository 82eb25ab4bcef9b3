namespace SimStack.Sockets;

/// <summary>Readiness by poll(2)'s names, as Linux's tcp_poll reports it.</summary>
[Flags]
public enum PollEvents
{
    None = 0,
    POLLIN = 0x1,
    POLLPRI = 0x2,
    POLLOUT = 0x4,
    POLLERR = 0x8,
    POLLHUP = 0x10,
    POLLRDHUP = 0x2000,
}
