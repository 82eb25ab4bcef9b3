using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>What the packets tell of the host's settings, as options and commands of the script.</summary>
internal sealed class MachineSettings
{
    // The MSS that the runner's device gives by itself, and what headers take of its MTU.
    private const int UsualMss = 1460, V4Headers = 40, V6Headers = 60;
    // What core.rmem_max gives by itself, whatever tcp_rmem says.
    private const int LeastUsualShift = 7;

    // What a socket takes before anything is acknowledged is less than twice as much.
    private const int LargestUnblockedWrite = 40_000;

    private readonly RecordedConnection _connection;
    private readonly List<KeyValuePair<string, string>> _sysctls;

    public MachineSettings(RecordedConnection connection, IReadOnlyList<TimedCall> calls, bool hasCard)
    {
        _connection = connection;
        _sysctls = [.. connection.Sysctls];
        if (connection.Packets.FirstOrDefault(p => p.Outbound && p.Has(TcpFlags.Syn)) is { } syn)
        {
            Infer(syn);
        }

        InferBuffer(calls);
        if (hasCard)
        {
            Set("sim.rx_buffers", "1");
        }
    }

    /// <summary>Lines such as <c>--mtu=1400</c>.</summary>
    public IEnumerable<string> Options()
    {
        if (_connection.IsV6)
        {
            yield return "--ip_version=ipv6";
        }

        int mss = _connection.Packets.Where(p => p.Outbound && p.Has(TcpFlags.Syn)).Select(p => OptionNotation.Value(p, TcpOptionKind.MaximumSegmentSize)).FirstOrDefault() ?? UsualMss;
        if (mss != UsualMss)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--mtu={mss + (_connection.IsV6 ? V6Headers : V4Headers)}");
        }

        if (EchoesUnknownTimestamps())
        {
            yield return "--tcp_ts_ecr_scaled";
        }
    }

    /// <summary>The lines of the command before the first event; possibly none.</summary>
    public IEnumerable<string> Commands()
    {
        foreach ((string name, string value) in _sysctls)
        {
            yield return value.Contains(' ', StringComparison.Ordinal) ? $"sysctl -q {name}=\"{value}\"" : $"sysctl -q {name}={value}";
        }

        if (SendsSegmentsOneByOne())
        {
            yield return $"ethtool -K {Machine.TestMachine.DeviceName} tso off gso off";
        }
    }

    private void Infer(RecordedPacket syn)
    {
        RecordedPacket? asked = syn.IsSynAck ? _connection.Packets.FirstOrDefault(p => !p.Outbound && p.IsOpening) : null;
        // An answer has only what the SYN had.
        bool Lacks(TcpOptionKind kind) => !Has(syn, kind) && (asked is null || Has(asked, kind));
        if (Lacks(TcpOptionKind.Timestamps))
        {
            Set("net.ipv4.tcp_timestamps", "0");
        }

        if (Lacks(TcpOptionKind.SackPermitted))
        {
            Set("net.ipv4.tcp_sack", "0");
        }

        if (Lacks(TcpOptionKind.WindowScale))
        {
            Set("net.ipv4.tcp_window_scaling", "0");
        }
        else if (OptionNotation.Value(syn, TcpOptionKind.WindowScale) is { } shift)
        {
            // The scale is the least that can tell of the larger of both maxima (tcp_select_initial_window).
            long most = 1L << (15 + Math.Min(shift, 14));
            Set("net.ipv4.tcp_rmem", string.Create(CultureInfo.InvariantCulture, $"4096 131072 {most}"));
            if (shift < LeastUsualShift)
            {
                Set("net.core.rmem_max", Math.Min(most, 212992).ToString(CultureInfo.InvariantCulture));
            }
        }

        const TcpFlags ecn = TcpFlags.Ece | TcpFlags.Cwr;
        if (asked is null ? syn.Has(ecn) : asked.Has(ecn) && !syn.Has(TcpFlags.Ece))
        {
            Set("net.ipv4.tcp_ecn", asked is not null ? "0" : syn.Has(TcpFlags.Ae) ? "3" : "1");
        }
        else if (asked is not null && asked.Has(TcpFlags.Ae) && (syn.Has(TcpFlags.Cwr) || syn.Has(TcpFlags.Ae)))
        {
            Set("net.ipv4.tcp_ecn", "3");
        }
    }

    /// <summary>Where the host's buffer would not take all at once, calls would block that shall not.</summary>
    private void InferBuffer(IReadOnlyList<TimedCall> calls)
    {
        long written = calls.Where(c => c.Order == CallOrder.Write).Sum(c => Math.Max(c.Result, 0));
        if (written > LargestUnblockedWrite)
        {
            long buffer = written * 4;
            Set("net.ipv4.tcp_wmem", string.Create(CultureInfo.InvariantCulture, $"4096 {buffer} {Math.Max(buffer, 4194304)}"));
        }
    }

    private void Set(string name, string value)
    {
        if (_sysctls.TrueForAll(s => s.Key != name))
        {
            _sysctls.Add(new KeyValuePair<string, string>(name, value));
        }
    }

    private static bool Has(RecordedPacket packet, TcpOptionKind kind)
    {
        var reader = new TcpOptionReader(packet.Options);
        while (reader.MoveNext())
        {
            if (reader.Kind == kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Several segments in a row, none of them larger than one: segmentation was over when they were captured.</summary>
    private bool SendsSegmentsOneByOne()
    {
        int mss = new SocketTraits(_connection).MaximumSegment;
        RecordedPacket[] data = [.. _connection.Packets.Where(p => p.Outbound && p.IsTcp && p.Length > 0)];
        return data.Length > 1 && Array.TrueForAll(data, p => p.Length <= mss)
            && data.Zip(data.Skip(1)).Any(pair => pair.Second.Seq == pair.First.Seq + pair.First.Length);
    }

    /// <summary>An echo of something that the host did not send before, as far as it was captured.</summary>
    private bool EchoesUnknownTimestamps()
    {
        var known = new HashSet<uint>();
        foreach (RecordedPacket packet in _connection.Packets.Where(p => p.IsTcp))
        {
            if (OptionNotation.Timestamps(packet) is not { } stamps)
            {
                continue;
            }

            if (packet.Outbound)
            {
                known.Add(stamps.Value);
            }
            else if (packet.Has(TcpFlags.Ack) && !known.Contains(stamps.Echo))
            {
                return true;
            }
        }

        return false;
    }
}
