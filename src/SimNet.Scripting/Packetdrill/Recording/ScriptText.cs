using System.Globalization;
using System.Text;
using SimNet.Scripting.Comparison;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>Writes a recorded connection as a script.</summary>
internal sealed class ScriptText
{
    // Where the two timestamp clocks begin in the script; far enough apart to be told from each other.
    private const uint OwnClock = 1000, PeerClock = 5000;

    private readonly RecordedConnection _connection;
    private readonly CallPlan _plan;
    private readonly OptionNotation _options;
    private readonly StringBuilder _lines = new();

    // Microseconds on the packets' clock: the event before.
    private long? _last;

    private ScriptText(RecordedConnection connection, CallPlan plan)
    {
        _connection = connection;
        _plan = plan;
        _options = new OptionNotation(Begin(outbound: true, OwnClock), Begin(outbound: false, PeerClock));
    }

    /// <summary>The script, laid out as users of the language write it, without comments.</summary>
    /// <exception cref="RecordingException">Something of the connection has no form in the language.</exception>
    public static string Write(RecordedConnection connection, CallPlan plan)
    {
        IReadOnlyList<TimedCall> calls = plan.UsesKnownCalls ? connection.KnownCalls! : CallInference.Infer(connection, plan);
        var text = new ScriptText(connection, plan);
        text.Head(new MachineSettings(connection, calls, plan.HasCard));
        text.Body(calls);
        return PacketdrillWriter.Write(PacketdrillParser.Parse(text._lines.ToString(), connection.Name, new Dictionary<string, string>()));
    }

    private uint Begin(bool outbound, uint clock) =>
        _connection.Packets.Where(p => p.IsTcp && p.Outbound == outbound).Select(OptionNotation.Timestamps).FirstOrDefault(t => t is not null) is { } first
            ? unchecked(first.Value - clock)
            : 0;

    private void Head(MachineSettings settings)
    {
        if (_plan.ToleranceMicroseconds > 0)
        {
            _lines.Append(CultureInfo.InvariantCulture, $"--tolerance_usecs={_plan.ToleranceMicroseconds}\n");
        }

        foreach (string option in settings.Options())
        {
            _lines.Append(option).Append('\n');
        }

        string[] commands = [.. settings.Commands()];
        if (commands.Length > 0)
        {
            _lines.Append('`').AppendJoin('\n', commands).Append("`\n");
        }
    }

    private void Body(IReadOnlyList<TimedCall> calls)
    {
        int next = 0;
        for (int i = 0; i <= _connection.Packets.Count; i++)
        {
            for (; next < calls.Count && calls[next].Before <= i; next++)
            {
                Call(calls[next], i < _connection.Packets.Count ? Microseconds(_connection.Packets[i].Time) : long.MaxValue);
            }

            if (i < _connection.Packets.Count)
            {
                Packet(_connection.Packets[i]);
            }
        }
    }

    private void Call(TimedCall call, long latest)
    {
        long time = Math.Clamp(Microseconds(call.Time), Math.Min(_last ?? 0, latest), latest);
        string blocking = call.End is { } end ? "..." + Seconds(Microseconds(end) - (_last ?? time)) : "";
        Line(time, blocking, call.Text);
    }

    private void Packet(RecordedPacket packet)
    {
        if (packet.IsTcp)
        {
            Line(Microseconds(packet.Time), "", $"{(packet.Outbound ? '>' : '<')} {Ecn(packet)}{Segment(packet)}");
        }
        else if (!packet.Outbound && packet.Facts.Quote is { Kind: PacketKind.Tcp } quote)
        {
            Line(Microseconds(packet.Time), "", $"< {Icmp(packet.Facts, quote)}");
        }
    }

    private void Line(long time, string blocking, string text)
    {
        string when = _last is { } last ? "+" + Seconds(time - last) : "0";
        _lines.Append(when).Append(blocking).Append(' ').Append(text).Append('\n');
        _last = time;
    }

    private string Segment(RecordedPacket packet)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        PacketFacts facts = packet.Facts;
        uint seq = unchecked((uint)packet.Seq);
        string text = string.Create(c, $"{Flags(facts.Flags)} {seq}:{(long)seq + packet.Length}({packet.Length})");
        text += packet.Has(TcpFlags.Ack) ? string.Create(c, $" ack {unchecked((uint)packet.Ack)}") : "";
        text += ShowsWindow(packet) ? string.Create(c, $" win {facts.Window}") : "";
        text += packet.Has(TcpFlags.Urg) ? string.Create(c, $" urg {facts.Urgent}") : "";
        return text + _options.Of(packet);
    }

    private bool ShowsWindow(RecordedPacket packet) => !packet.Outbound || (!packet.Has(TcpFlags.Rst) && _plan.Windows switch
    {
        WindowPlan.All => true,
        WindowPlan.Handshake => packet.Has(TcpFlags.Syn) || packet.Facts.Window == 0,
        _ => false,
    });

    private static string Flags(TcpFlags flags)
    {
        string letters = (flags.HasFlag(TcpFlags.Syn) ? "S" : "") + (flags.HasFlag(TcpFlags.Fin) ? "F" : "") + (flags.HasFlag(TcpFlags.Rst) ? "R" : "")
            + (flags.HasFlag(TcpFlags.Psh) ? "P" : "") + (flags.HasFlag(TcpFlags.Urg) ? "U" : "") + (flags.HasFlag(TcpFlags.Ece) ? "E" : "")
            + (flags.HasFlag(TcpFlags.Cwr) ? "W" : "") + (flags.HasFlag(TcpFlags.Ae) ? "A" : "") + (flags.HasFlag(TcpFlags.Ack) ? "." : "");
        return letters.Length > 0 ? letters : "-";
    }

    private static string Ecn(RecordedPacket packet) => (packet.Facts.TrafficClass & 3) switch
    {
        1 => "[ect1] ",
        2 => "[ect0] ",
        3 => "[ce] ",
        _ => "",
    };

    private static string Icmp(PacketFacts error, PacketFacts quote)
    {
        string type = IcmpNames.TypeNames.FirstOrDefault(n => IcmpNames.TryGetType(n, error.IsV6, out byte number) && number == error.IcmpType)
            ?? FormattableString.Invariant($"type_{error.IcmpType}");
        string? code = IcmpNames.CodeNames(type).FirstOrDefault(n => IcmpNames.TryGetCode(type, n, error.IsV6, out byte number) && number == error.IcmpCode);
        code ??= error.IcmpCode == 0 ? null : FormattableString.Invariant($"code_{error.IcmpCode}");
        string mtu = error.Mtu > 0 ? FormattableString.Invariant($" mtu {error.Mtu}") : "";
        uint seq = unchecked((uint)quote.RelativeSeq);
        string quoted = FormattableString.Invariant($" [{seq}:{(long)seq + quote.Length}({quote.Length})]");
        return $"icmp {type}{(code is null ? "" : " " + code)}{mtu}{quoted}";
    }

    private static long Microseconds(long nanoseconds) => (nanoseconds + 500) / 1000;

    private static string Seconds(long microseconds) => (microseconds / 1_000_000m).ToString("0.000000", CultureInfo.InvariantCulture);
}
