namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>A tuple or a list. Neither can change: there are no methods and no assignments to items in this subset.</summary>
internal sealed class CodeSequence(bool isTuple, object[] items)
{
    public bool IsTuple { get; } = isTuple;

    public object[] Items { get; } = items;

    /// <summary>How deep sequences lie in it, counting itself; bounds what walks it.</summary>
    public int Depth { get; } = 1 + items.Select(i => i is CodeSequence s ? s.Depth : 0).DefaultIfEmpty().Max();

    /// <summary>Roughly the characters of its text.</summary>
    public long Weight { get; } = 2 + items.Sum(i => (long)CodeValues.Weight(i));
}
