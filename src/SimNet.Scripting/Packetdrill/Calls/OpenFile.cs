namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>What a descriptor stands for: Linux's open file description.</summary>
internal abstract class OpenFile
{
    public const int WriteOnly = 0x1;
    public const int ReadWrite = 0x2;
    public const int AccessMode = 0x3;
    public const int NonBlock = 0x800;

    private readonly List<EpollItem> _watchers = [];

    /// <summary>What F_GETFL tells: O_RDWR, O_NONBLOCK …</summary>
    public int Flags { get; set; }

    /// <summary>FD_CLOEXEC of its descriptor.</summary>
    public int DescriptorFlags { get; set; }

    public bool IsNonBlocking => (Flags & NonBlock) != 0;

    public bool MayRead => (Flags & AccessMode) != WriteOnly;

    public bool MayWrite => (Flags & AccessMode) is WriteOnly or ReadWrite;

    /// <summary>False for files that epoll refuses.</summary>
    public virtual bool HasWaitQueue => true;

    /// <summary>Readiness in the bits of <see cref="PollMask"/>.</summary>
    public abstract uint Poll();

    /// <summary>Whoever waits is woken, with that key.</summary>
    public virtual void Wake(uint key)
    {
        foreach (EpollItem item in _watchers)
        {
            item.Epoll.Woken(item, key);
        }
    }

    public void AddWatcher(EpollItem item) => _watchers.Add(item);

    public void RemoveWatcher(EpollItem item) => _watchers.Remove(item);

    /// <summary>close(2) of the last descriptor: leaves every epoll instance, then <see cref="Release"/>.</summary>
    public void Close(Instant now)
    {
        foreach (EpollItem item in _watchers.ToArray())
        {
            item.Epoll.Remove(item);
        }

        Release(now);
    }

    protected abstract void Release(Instant now);
}
