namespace SimStack;

/// <summary>A host's counters: an array with names. <c>counters[SnmpCounter.TcpInSegs]++</c> is one increment.</summary>
public sealed class SnmpCounters
{
    private static readonly SnmpCounter[] All = Enum.GetValues<SnmpCounter>();
    private static readonly string[] Names = Enum.GetNames<SnmpCounter>();
    private readonly long[] _values = new long[All.Length];

    /// <summary>The counter itself, to read or to change.</summary>
    public ref long this[SnmpCounter counter] => ref _values[(int)counter];

    /// <summary>How many counters there are; all below it are valid.</summary>
    public static int Count => All.Length;

    /// <summary>As nstat prints it.</summary>
    public static string NameOf(SnmpCounter counter) => Names[(int)counter];

    /// <summary>Every counter that is not 0, in nstat's order.</summary>
    public IEnumerable<KeyValuePair<string, long>> NonZero()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            if (_values[i] != 0)
            {
                yield return new(Names[i], _values[i]);
            }
        }
    }
}
