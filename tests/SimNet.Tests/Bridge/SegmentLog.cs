using System.Globalization;
using System.Text;
using SimNet.Links;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>
/// What passed on the wire between the two parts of a scene, a line a segment, without what no two runs have in common: numbers are counted from
/// the SYN, and of timestamps only whether they are there.
/// </summary>
/// <param name="sideOfA">The direction in which A sends.</param>
/// <param name="port">B's.</param>
/// <param name="windows">SEG.WND is looked at, not only in SYNs.</param>
internal sealed class SegmentLog(LinkSide sideOfA, ushort port, bool windows)
{
    // How many full segments are pushed together hangs on the round-trip time (tcp_tso_autosize), and PSH in them with it.
    private const int Full = 600;
    private readonly List<string> _lines = [];
    private readonly Dictionary<(LinkSide Side, ushort Client), uint> _first = [];

    /// <summary>The lines so far, A's before B's: which of two segments that cross comes first is chance.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines.Where(line => line[0] == 'A'), .. _lines.Where(line => line[0] == 'B')];
            }
        }
    }

    public void Add(in FrameSummary frame)
    {
        if (!frame.IsTcp || (frame.SourcePort != port && frame.DestinationPort != port)
            || !TcpView.TryParse(frame.Frame[frame.TransportOffset..(frame.PayloadOffset + frame.PayloadLength)], out TcpView tcp, out _))
        {
            return;
        }

        ushort client = frame.SourcePort == port ? frame.DestinationPort : frame.SourcePort;
        LinkSide other = frame.Side == LinkSide.AToB ? LinkSide.BToA : LinkSide.AToB;
        bool isSyn = (tcp.Flags & TcpFlags.Syn) != 0;
        if (isSyn)
        {
            _first[(frame.Side, client)] = tcp.Sequence.Value;
        }

        uint seq = unchecked(tcp.Sequence.Value - _first.GetValueOrDefault((frame.Side, client), tcp.Sequence.Value));
        uint ack = (tcp.Flags & TcpFlags.Ack) == 0 ? tcp.Acknowledgment.Value
            : unchecked(tcp.Acknowledgment.Value - _first.GetValueOrDefault((other, client)));
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{(frame.Side == sideOfA ? 'A' : 'B')} {(frame.PayloadLength < Full ? tcp.Flags : tcp.Flags & ~TcpFlags.Psh)} {seq}({frame.PayloadLength}) ack {ack} win {(windows || isSyn ? tcp.Window : -1)} urg {tcp.UrgentPointer} <{Options(tcp.OptionBytes)}> ttl {frame.Ttl} tc {frame.TrafficClass}");
        lock (_lines)
        {
            _lines.Add(line);
        }
    }

    private static string Options(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        while (!bytes.IsEmpty)
        {
            byte kind = bytes[0];
            int length = kind <= 1 || bytes.Length < 2 ? 1 : Math.Clamp(bytes[1], (byte)2, (byte)Math.Max(2, bytes.Length));
            text.Append(text.Length > 0 ? "," : "").Append((TcpOptionKind)kind);
            if (kind is (byte)TcpOptionKind.MaximumSegmentSize or (byte)TcpOptionKind.WindowScale)
            {
                text.Append(' ').Append(Convert.ToHexString(bytes[2..length]));
            }
            else if (length > 2)
            {
                text.Append(CultureInfo.InvariantCulture, $" of {length}");
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }
}
