namespace SimStack.Sockets;

/// <summary>
/// Sockets of one name that all set SO_REUSEPORT: each 4-tuple belongs to one of them, chosen by hash (Linux: reuseport_select_sock). The order
/// is that of joining; the last one takes the place of one that leaves, so that few tuples change hands.
/// </summary>
internal sealed class ReusePortGroup<T>
    where T : class
{
    private readonly List<T> _members = [];

    public int Count => _members.Count;

    public void Add(T member) => _members.Add(member);

    public void Remove(T member)
    {
        int index = _members.IndexOf(member);
        _members[index] = _members[^1];
        _members.RemoveAt(_members.Count - 1);
    }

    /// <param name="hash">Of the 4-tuple, keyed by the host's secret.</param>
    public T Select(uint hash) => _members[(int)((ulong)hash * (uint)_members.Count >> 32)];
}
