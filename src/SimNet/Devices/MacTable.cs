using System.Runtime.InteropServices;
using SimStack;
using SimStack.Wire;

namespace SimNet.Devices;

/// <summary>
/// Which address was last seen as a source at which port. Entries lie in a list by the time at which they were seen, oldest first:
/// ageing and making room look at its head only.
/// </summary>
/// <param name="capacity">Entries at most.</param>
/// <param name="ageing">How long an entry is good.</param>
internal sealed class MacTable(int capacity, Duration ageing)
{
    private const int None = -1;
    private readonly Dictionary<ulong, int> _slotOf = [];
    private Entry[] _entries = new Entry[16];
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    /// <summary>Entries, those included that have not been found too old yet.</summary>
    public int Count => _slotOf.Count;

    /// <summary>Entries that were forgotten for their age.</summary>
    public long Aged { get; private set; }

    /// <summary>Entries that made room.</summary>
    public long Evicted { get; private set; }

    /// <summary>Addresses that changed their port.</summary>
    public long Moved { get; private set; }

    /// <summary>Addresses that were not known.</summary>
    public long Learned { get; private set; }

    /// <summary>Notes that a frame came from this address.</summary>
    public void Learn(Instant now, MacAddress address, int port)
    {
        Age(now);
        if (_slotOf.TryGetValue(address.Value, out int slot))
        {
            ref Entry known = ref _entries[slot];
            Moved += known.Port == port ? 0 : 1;
            known.Port = port;
            known.Seen = now;
            Unlink(slot);
            Append(slot);
            return;
        }

        if (_slotOf.Count == capacity)
        {
            Evicted++;
            Remove(_oldest);
        }

        slot = Take();
        _entries[slot] = new Entry { Address = address.Value, Port = port, Seen = now };
        _slotOf.Add(address.Value, slot);
        Append(slot);
        Learned++;
    }

    /// <summary>The port behind which the address is; -1 when that is not known.</summary>
    public int Find(Instant now, MacAddress address)
    {
        Age(now);
        ref int slot = ref CollectionsMarshal.GetValueRefOrNullRef(_slotOf, address.Value);
        return System.Runtime.CompilerServices.Unsafe.IsNullRef(ref slot) ? None : _entries[slot].Port;
    }

    /// <summary>Forgets who is behind a port.</summary>
    public void Flush(int port)
    {
        for (int slot = _oldest; slot != None;)
        {
            int next = _entries[slot].Newer;
            if (_entries[slot].Port == port)
            {
                Remove(slot);
            }

            slot = next;
        }
    }

    /// <summary>Adds the entries that are good now, the one seen longest ago first.</summary>
    public void CopyTo(Instant now, List<(MacAddress Address, int Port, Instant Seen)> entries)
    {
        Age(now);
        for (int slot = _oldest; slot != None; slot = _entries[slot].Newer)
        {
            entries.Add((new MacAddress(_entries[slot].Address), _entries[slot].Port, _entries[slot].Seen));
        }
    }

    private void Age(Instant now)
    {
        while (_oldest != None && now - _entries[_oldest].Seen >= ageing)
        {
            Aged++;
            Remove(_oldest);
        }
    }

    private int Take()
    {
        if (_free != None)
        {
            int slot = _free;
            _free = _entries[slot].Newer;
            return slot;
        }

        if (_used == _entries.Length)
        {
            Array.Resize(ref _entries, _used * 2);
        }

        return _used++;
    }

    private void Remove(int slot)
    {
        _slotOf.Remove(_entries[slot].Address);
        Unlink(slot);
        _entries[slot].Newer = _free;
        _free = slot;
    }

    private void Append(int slot)
    {
        (_entries[slot].Older, _entries[slot].Newer) = (_newest, None);
        if (_newest == None)
        {
            _oldest = slot;
        }
        else
        {
            _entries[_newest].Newer = slot;
        }

        _newest = slot;
    }

    private void Unlink(int slot)
    {
        (int older, int newer) = (_entries[slot].Older, _entries[slot].Newer);
        if (older == None)
        {
            _oldest = newer;
        }
        else
        {
            _entries[older].Newer = newer;
        }

        if (newer == None)
        {
            _newest = older;
        }
        else
        {
            _entries[newer].Older = older;
        }
    }

    private struct Entry
    {
        public ulong Address;
        public Instant Seen;
        public int Port;
        public int Older;
        public int Newer;
    }
}
