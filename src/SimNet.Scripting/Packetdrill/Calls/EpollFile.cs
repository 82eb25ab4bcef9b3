namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>
/// An epoll instance (epoll(7)) as Linux has it: a wake-up puts a file on the ready list, and waiting asks those on the list whether they
/// are ready. Level-triggered ones stay on it; an edge is therefore a wake-up, not a change of the level.
/// </summary>
internal sealed class EpollFile : OpenFile
{
    public const uint Exclusive = 1u << 28;
    public const uint WakeUp = 1u << 29;
    public const uint OneShot = 1u << 30;
    public const uint EdgeTriggered = 1u << 31;

    private const uint Modes = Exclusive | WakeUp | OneShot | EdgeTriggered;

    private readonly List<EpollItem> _items = [];
    private readonly LinkedList<EpollItem> _ready = [];

    public EpollFile() => Flags = ReadWrite;

    public override uint Poll()
    {
        foreach (EpollItem item in _ready)
        {
            if (ReadinessOf(item) != 0)
            {
                return PollMask.In | PollMask.ReadNormal;
            }
        }

        return 0;
    }

    /// <summary>EPOLL_CTL_ADD</summary>
    public CallResult Add(OpenFile file, int descriptor, uint events, ulong data)
    {
        const uint ExclusiveMay = PollMask.In | PollMask.Out | PollMask.Always | WakeUp | EdgeTriggered | Exclusive;
        if ((events & Exclusive) != 0 && ((events & ~ExclusiveMay) != 0 || file is EpollFile))
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        if (Find(file, descriptor) is not null)
        {
            return CallResult.Fail(LinuxErrno.EEXIST);
        }

        if (file is EpollFile nested && nested.Reaches(this))
        {
            return CallResult.Fail(LinuxErrno.ELOOP);
        }

        EpollItem item = new(this, file, descriptor) { Events = events | PollMask.Always, Data = data };
        _items.Add(item);
        file.AddWatcher(item);
        ListIfReady(item);
        return CallResult.Ok();
    }

    /// <summary>EPOLL_CTL_MOD</summary>
    public CallResult Modify(OpenFile file, int descriptor, uint events, ulong data)
    {
        if (Find(file, descriptor) is not { } item)
        {
            return CallResult.Fail(LinuxErrno.ENOENT);
        }

        if (((events | item.Events) & Exclusive) != 0)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        item.Events = events | PollMask.Always;
        item.Data = data;
        ListIfReady(item);
        return CallResult.Ok();
    }

    /// <summary>EPOLL_CTL_DEL</summary>
    public CallResult Delete(OpenFile file, int descriptor)
    {
        if (Find(file, descriptor) is not { } item)
        {
            return CallResult.Fail(LinuxErrno.ENOENT);
        }

        Remove(item);
        return CallResult.Ok();
    }

    public void Remove(EpollItem item)
    {
        _items.Remove(item);
        _ready.Remove(item);
        item.File.RemoveWatcher(item);
    }

    /// <summary>A watched file woke its waiters.</summary>
    public void Woken(EpollItem item, uint key)
    {
        // After a one-shot nothing but the modes is left of the events until EPOLL_CTL_MOD.
        if ((item.Events & ~Modes) == 0 || (key & item.Events & ~Modes) == 0)
        {
            return;
        }

        List(item);
        Wake(PollMask.In | PollMask.ReadNormal);
    }

    /// <summary>Takes up to so many events off the ready list.</summary>
    public List<(uint Events, ulong Data)> Take(int most)
    {
        List<(uint Events, ulong Data)> taken = [];
        for (int looked = _ready.Count; looked > 0 && taken.Count < most; looked--)
        {
            EpollItem item = _ready.First!.Value;
            _ready.RemoveFirst();
            item.IsListed = false;
            uint ready = ReadinessOf(item);
            if (ready == 0)
            {
                continue;
            }

            taken.Add((ready, item.Data));
            if ((item.Events & OneShot) != 0)
            {
                item.Events &= Modes;
            }
            else if ((item.Events & EdgeTriggered) == 0)
            {
                List(item);
            }
        }

        return taken;
    }

    protected override void Release(Instant now)
    {
        foreach (EpollItem item in _items.ToArray())
        {
            Remove(item);
        }
    }

    private static uint ReadinessOf(EpollItem item) => item.File.Poll() & item.Events & ~Modes;

    private EpollItem? Find(OpenFile file, int descriptor) => _items.Find(i => i.File == file && i.Descriptor == descriptor);

    private bool Reaches(EpollFile other) => this == other || _items.Exists(i => i.File is EpollFile nested && nested.Reaches(other));

    private void ListIfReady(EpollItem item)
    {
        if (ReadinessOf(item) != 0)
        {
            List(item);
            Wake(PollMask.In | PollMask.ReadNormal);
        }
    }

    private void List(EpollItem item)
    {
        if (!item.IsListed)
        {
            item.IsListed = true;
            _ready.AddLast(item);
        }
    }
}
