namespace SimNet.Links;

/// <summary>
/// Injects packets at a time rather than on a match: remembers the last packet that matched, from which <see cref="Fire"/> takes
/// addresses, ports and sequence numbers.
/// </summary>
/// <param name="match">Which packets to remember.</param>
/// <param name="packets">What to inject.</param>
public sealed class InjectionRule(FrameMatch match, params IReadOnlyList<InjectedPacket> packets) : FaultRule
{
    private byte[] _last = [];
    private int _length;
    private FlowPosition _flow;

    /// <inheritdoc/>
    public override bool NeedsFlows => match.NeedsFlows || packets.Any(packet => packet.NeedsFlows);

    /// <inheritdoc/>
    public override FaultAction Decide(in FrameSummary frame)
    {
        if (match.Matches(in frame))
        {
            if (_last.Length < frame.Frame.Length)
            {
                _last = new byte[frame.Frame.Length];
            }

            frame.Frame.CopyTo(_last);
            _length = frame.Frame.Length;
            _flow = frame.Flow;
        }

        return FaultAction.None;
    }

    /// <summary>Injects the packets now, on the direction of the link whose packets the rule sees.</summary>
    public void Fire(LinkDirection direction)
    {
        foreach (InjectedPacket packet in packets)
        {
            direction.Inject(packet, _last.AsSpan(0, _length), _flow);
        }
    }
}
