using System.Globalization;
using System.Text;
using SimStack.Ip;

namespace SimStack.Tcp.Metrics;

/// <summary>What a host remembers of a destination, as <c>ip tcp_metrics show</c> has it. Zero for what is not known.</summary>
/// <param name="Remote">The peer.</param>
/// <param name="Local">The own address.</param>
/// <param name="Age">Since it was made, or a connection was last closed.</param>
/// <param name="Rtt">Smoothed round trip, to the microsecond: the largest lately.</param>
/// <param name="RttVar">Its deviation.</param>
/// <param name="Ssthresh">Segments.</param>
/// <param name="Cwnd">Segments.</param>
/// <param name="Reordering">Segments.</param>
/// <param name="FastOpenMss">Bytes, of the peer's last SYN-ACK to a Fast Open.</param>
/// <param name="FastOpenSynDrops">SYNs with data that were lost in a row.</param>
/// <param name="SinceFastOpenSynDrop">Since the last of them.</param>
/// <param name="FastOpenCookie">In hexadecimal digits; empty without one.</param>
public sealed record TcpMetrics(
    IpAddress Remote,
    IpAddress Local,
    Duration Age,
    Duration Rtt,
    Duration RttVar,
    int Ssthresh,
    int Cwnd,
    int Reordering,
    int FastOpenMss,
    int FastOpenSynDrops,
    Duration SinceFastOpenSynDrop,
    string FastOpenCookie)
{
    /// <summary>A line as ip(8) of iproute2 prints it.</summary>
    public override string ToString()
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{Remote} age {Seconds(Age)}sec");
        Add(" ssthresh", Ssthresh);
        Add(" cwnd", Cwnd);
        Add(" reordering", Reordering);
        Add(" rtt", Rtt.WholeMicroseconds, "us");
        Add(" rttvar", RttVar.WholeMicroseconds, "us");
        Add(" fo_mss", FastOpenMss);
        if (FastOpenSynDrops > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" fo_syn_drops {FastOpenSynDrops}/{Seconds(SinceFastOpenSynDrop)}usec ago");
        }

        if (FastOpenCookie.Length > 0)
        {
            line.Append(" fo_cookie ").Append(FastOpenCookie);
        }

        return line.Append(CultureInfo.InvariantCulture, $" source {Local}").ToString();

        void Add(string name, long value, string unit = "")
        {
            if (value != 0)
            {
                line.Append(name).Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append(unit);
            }
        }
    }

    private static string Seconds(Duration time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.WholeMilliseconds / 1000}.{time.WholeMilliseconds % 1000:000}");
}
