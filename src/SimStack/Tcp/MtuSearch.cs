using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Where the search for the path MTU stands (RFC 4821 §7.2; Linux: icsk_mtup). All sizes are those of IP packets, in bytes. Made when
/// tcp_mtu_probing first has an effect on the connection.
/// </summary>
internal sealed class MtuSearch
{
    /// <summary>Probes are sent, and no segment is longer than <see cref="Low"/> allows.</summary>
    public bool Enabled;

    /// <summary>The path is taken to carry packets of that size.</summary>
    public int Low;

    /// <summary>Longer ones are not tried.</summary>
    public int High;

    /// <summary>The size of the probe that is under way; 0: none is.</summary>
    public int ProbeSize;

    /// <summary>The probe's place in the stream.</summary>
    public SequenceNumber ProbeStart, ProbeEnd;

    /// <summary>When the search began.</summary>
    public Instant BeganAt;
}
