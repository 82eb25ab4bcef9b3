namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>A <c>tc qdisc</c> command for the root of a device.</summary>
/// <param name="Verb"><c>add</c>, <c>replace</c>, <c>change</c> or <c>del</c>.</param>
/// <param name="Device">For example <c>tun0</c>.</param>
/// <param name="Discipline">For example <c>pfifo</c>; empty with <c>del</c>.</param>
/// <param name="Options">What follows the discipline, in order: <c>limit</c>, <c>0</c>.</param>
internal sealed record QueueChange(string Verb, string Device, string Discipline, IReadOnlyList<string> Options)
{
    /// <summary>The number behind <c>limit</c> (packets for pfifo, bytes for bfifo); null when there is none.</summary>
    public long? Limit
    {
        get
        {
            for (int i = 0; i + 1 < Options.Count; i++)
            {
                if (Options[i] == "limit" && CommandNumbers.TryParseSize(Options[i + 1], out long value))
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>As it would be typed, without the options.</summary>
    public override string ToString() => Discipline.Length > 0 ? $"tc qdisc {Verb} {Discipline}" : $"tc qdisc {Verb}";
}
