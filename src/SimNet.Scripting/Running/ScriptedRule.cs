using SimNet.Links;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Running;

/// <summary>A scenario's fault as a link's rule.</summary>
internal sealed class ScriptedRule(FaultDefinition fault) : FaultRule
{
    private const TcpFlags Opening = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst;
    private readonly FrameFilter _match = fault.Match;
    private int _count;

    public override FaultAction Decide(in FrameSummary frame)
    {
        if (!Matches(in frame))
        {
            return FaultAction.None;
        }

        _count++;
        if (_match.Nth.Count > 0 && !_match.Nth.Contains(_count))
        {
            return FaultAction.None;
        }

        return fault.Action switch
        {
            FaultEffect.Drop => FaultAction.Drop,
            FaultEffect.Delay => FaultAction.DelayBy(fault.Delay),
            FaultEffect.Duplicate => FaultAction.Duplicate(),
            _ => FaultAction.Corrupt,
        };
    }

    private bool Matches(in FrameSummary frame)
    {
        Duration time = frame.Time - Instant.Zero;
        return (_match.After is not { } after || time >= after)
            && (_match.Before is not { } before || time < before)
            && (_match.SourcePort is not { } source || source == frame.SourcePort)
            && (_match.DestinationPort is not { } destination || destination == frame.DestinationPort)
            && (_match.Payload is not { } payload || (frame.IsTcp && payload == frame.PayloadLength > 0))
            && (_match.Flags is not { } flags || FlagsMatch(in frame, flags))
            && ProtocolMatches(in frame);
    }

    private static bool FlagsMatch(in FrameSummary frame, TcpFlags flags)
    {
        var wanted = (TcpFlags)(int)flags;
        if (!frame.IsTcp || (frame.Flags & wanted) != wanted)
        {
            return false;
        }

        return flags switch
        {
            TcpFlags.Syn => (frame.Flags & TcpFlags.Ack) == TcpFlags.None,
            TcpFlags.Ack => (frame.Flags & Opening) == TcpFlags.None && frame.PayloadLength == 0,
            _ => true,
        };
    }

    private bool ProtocolMatches(in FrameSummary frame) => _match.Protocol switch
    {
        null => true,
        "tcp" => frame.Protocol == IpProtocol.Tcp,
        "udp" => frame.Protocol == IpProtocol.Udp,
        "arp" => frame.EtherType == EtherType.Arp,
        _ => frame.Protocol is IpProtocol.Icmp or IpProtocol.IcmpV6,
    };
}
