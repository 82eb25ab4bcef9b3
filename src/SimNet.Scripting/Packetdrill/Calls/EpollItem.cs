namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A file that an epoll instance watches.</summary>
internal sealed class EpollItem(EpollFile epoll, OpenFile file, int descriptor)
{
    public EpollFile Epoll => epoll;

    public OpenFile File => file;

    public int Descriptor => descriptor;

    /// <summary>What is asked for, with EPOLLET, EPOLLONESHOT and the like.</summary>
    public uint Events { get; set; }

    /// <summary>What the user gave along.</summary>
    public ulong Data { get; set; }

    /// <summary>In the list of those that may be ready.</summary>
    public bool IsListed { get; set; }
}
