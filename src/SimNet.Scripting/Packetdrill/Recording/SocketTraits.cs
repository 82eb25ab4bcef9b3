using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>What the segments tell of the options of the connection's socket.</summary>
internal sealed class SocketTraits
{
    private const long Second = 1_000_000_000;
    private readonly RecordedConnection _connection;

    public SocketTraits(RecordedConnection connection)
    {
        _connection = connection;
        MaximumSegment = FindMaximumSegment();
        FindKeepAlive();
        NoDelay = SendsSmallAfterSmall();
    }

    /// <summary>The data of a full segment, in bytes.</summary>
    public int MaximumSegment { get; }

    /// <summary>TCP_NODELAY: a small segment went out while an earlier small one was unacknowledged (RFC 9293 §3.7.4).</summary>
    public bool NoDelay { get; }

    /// <summary>SO_KEEPALIVE's times in seconds and its count of probes; null: off.</summary>
    public (int Idle, int Interval, int Count)? KeepAlive { get; private set; }

    /// <summary>The calls that set the options.</summary>
    public IEnumerable<string> Options(int descriptor)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (NoDelay)
        {
            yield return string.Create(c, $"setsockopt({descriptor}, SOL_TCP, TCP_NODELAY, [1], 4) = 0");
        }

        if (KeepAlive is { } keep)
        {
            yield return string.Create(c, $"setsockopt({descriptor}, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0");
            yield return string.Create(c, $"setsockopt({descriptor}, SOL_TCP, TCP_KEEPIDLE, [{keep.Idle}], 4) = 0");
            yield return string.Create(c, $"setsockopt({descriptor}, SOL_TCP, TCP_KEEPINTVL, [{keep.Interval}], 4) = 0");
            yield return string.Create(c, $"setsockopt({descriptor}, SOL_TCP, TCP_KEEPCNT, [{keep.Count}], 4) = 0");
        }
    }

    private int FindMaximumSegment()
    {
        RecordedPacket[] opening = [.. _connection.Packets.Where(p => p.Has(TcpFlags.Syn))];
        // Without the option 536 is assumed (RFC 9293 §3.7.1).
        int mss = opening.Select(p => OptionNotation.Value(p, TcpOptionKind.MaximumSegmentSize) ?? 536).DefaultIfEmpty(536).Min();
        bool timestamps = opening.Any(p => p.IsSynAck && OptionNotation.Timestamps(p) is not null);
        return Math.Max(mss - (timestamps ? 12 : 0), 1);
    }

    private bool SendsSmallAfterSmall()
    {
        long smallEnd = -1, sent = 1, acknowledged = 0;
        foreach (RecordedPacket packet in _connection.Packets.Where(p => p.IsTcp))
        {
            if (!packet.Outbound)
            {
                acknowledged = packet.Has(TcpFlags.Ack) ? Math.Max(acknowledged, packet.Ack) : acknowledged;
                continue;
            }

            if (packet.Length > 0 && packet.Seq >= sent && packet.Length % MaximumSegment != 0)
            {
                // A FIN sends what is left, whatever is under way.
                if (smallEnd > acknowledged && !packet.Has(TcpFlags.Fin))
                {
                    return true;
                }

                smallEnd = packet.Seq + packet.Length;
            }

            sent = Math.Max(sent, packet.Seq + packet.Length);
        }

        return false;
    }

    /// <summary>Probes: empty segments below what was sent, while nothing is under way and the peer's window is open.</summary>
    private void FindKeepAlive()
    {
        var probes = new List<(long Time, long SinceActivity, bool Answered)>();
        long sent = 0, acknowledged = 0, active = 0;
        int window = 1;
        foreach (RecordedPacket packet in _connection.Packets.Where(p => p.IsTcp))
        {
            if (!packet.Outbound)
            {
                acknowledged = Math.Max(acknowledged, packet.Ack);
                window = packet.Facts.Window;
                if (probes.Count > 0)
                {
                    probes[^1] = probes[^1] with { Answered = true };
                }

                active = packet.Time;
                continue;
            }

            bool isProbe = packet.Length <= 1 && packet.Seq == sent - 1 && sent == acknowledged && window > 0 && !packet.Has(TcpFlags.Syn) && !packet.Has(TcpFlags.Fin) && !packet.Has(TcpFlags.Rst);
            if (isProbe)
            {
                probes.Add((packet.Time, packet.Time - active, false));
                continue;
            }

            active = packet.SequenceSpace > 0 ? packet.Time : active;
            sent = Math.Max(sent, packet.End);
        }

        if (probes.Count == 0)
        {
            return;
        }

        int idle = Seconds(probes[0].SinceActivity);
        int interval = idle;
        int inRow = 1, longest = 1;
        for (int i = 1; i < probes.Count; i++)
        {
            if (probes[i - 1].Answered)
            {
                inRow = 1;
                continue;
            }

            interval = Seconds(probes[i].Time - probes[i - 1].Time);
            longest = Math.Max(longest, ++inRow);
        }

        bool gaveUp = _connection.Packets[^1] is { Outbound: true } last && last.Has(TcpFlags.Rst) && !probes[^1].Answered;
        KeepAlive = (idle, interval, gaveUp ? longest : Math.Max(longest + 1, 9));
    }

    private static int Seconds(long nanoseconds) => (int)Math.Clamp((nanoseconds + Second / 2) / Second, 1, 32767);
}
