using SimStack.Profiles;

namespace SimStack.Tcp;

/// <summary>
/// What the connections of a host hold of received data, and net.ipv4.tcp_mem, which bounds it: below the first number nothing is said, from
/// the second on until the first again everybody is modest (memory pressure), and above the third segments are dropped. Data to be sent does
/// not count here: each socket's own limit bounds it.
/// </summary>
internal sealed class TcpMemory(SnmpCounters counters)
{
    private const int PageShift = 12;

    /// <summary>Bytes held.</summary>
    public long Held { get; private set; }

    /// <summary>Windows stay small and buffers do not grow (Linux: tcp_under_memory_pressure).</summary>
    public bool IsUnderPressure { get; private set; }

    private long Pages => (Held + (1 << PageShift) - 1) >> PageShift;

    public void Charge(int memory) => Held += memory;

    /// <summary>Nobody need be modest.</summary>
    public bool IsLow(Sysctls sysctls) => !IsUnderPressure && Pages < sysctls.MemLow;

    /// <summary>Whether so much more may be held (__sk_mem_raise_allocated); pressure begins and ends here.</summary>
    /// <param name="held">What the socket holds.</param>
    /// <param name="memory">What it wants besides.</param>
    /// <param name="sysctls">Those of the host.</param>
    public bool MayReceive(int held, int memory, Sysctls sysctls)
    {
        long pages = (Held + memory + (1 << PageShift) - 1) >> PageShift;
        if (pages <= sysctls.MemLow)
        {
            IsUnderPressure = false;
            return true;
        }

        if (pages > sysctls.MemPressure && !IsUnderPressure)
        {
            IsUnderPressure = true;
            counters[SnmpCounter.TcpExtTCPMemoryPressures]++;
        }

        // Whoever holds next to nothing always gets something.
        return pages <= sysctls.MemHigh || held < sysctls.RmemMinimum;
    }
}
