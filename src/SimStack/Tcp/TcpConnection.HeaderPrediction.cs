using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp;

/// <summary>
/// Linux's header prediction (tcp_rcv_established): a segment that is as expected in all but its data and acknowledgement. Here it is no way of
/// its own through the code; what shows of it are counters, and that memory which was granted is used without another look at SO_RCVBUF.
/// </summary>
internal sealed partial class TcpConnection
{
    private const uint AlignedTimestamps = 0x0101080A; // NOP, NOP, kind 8, length 10: how a kernel lays the option out.

    private bool _isPredicted;

    private void Predict(scoped in TcpSegment segment) => _isPredicted = ChargesMemory && _state is TcpState.Established
        && (segment.Flags & ~TcpFlags.Psh) == TcpFlags.Ack && segment.Seq == _rcv.Nxt && segment.Ack <= _snd.Nxt
        && segment.Window << _sendScale == _snd.Wnd && _rcv.Wnd > 0 && _outOfOrder is not { Count: > 0 } && !_urgentWaiting
        && HasPredictedOptions(segment);

    private bool HasPredictedOptions(scoped in TcpSegment segment)
    {
        int length = TcpView.MinHeaderLength + SignatureLength;
        if (!_timestampsOn)
        {
            return segment.HeaderLength == length;
        }

        // Where there is a signature as well the timestamps are left to the slow path.
        return segment.HeaderLength == length + TimestampsLength && (SignatureLength > 0
            || (BinaryPrimitives.ReadUInt32BigEndian(segment.Bytes[TcpView.MinHeaderLength..]) == AlignedTimestamps
                && unchecked((int)(segment.Options.TsVal - _timestampsRecent)) >= 0));
    }

    /// <summary>An ACK is good, and not overtaken: by which way Linux would have taken it (tcp_ack).</summary>
    private void CountAck(scoped in TcpSegment segment)
    {
        bool predicted = _isPredicted && segment.Ack > _snd.Una;
        if (segment.Length == 0)
        {
            Count(predicted ? SnmpCounter.TcpExtTCPHPAcks : SnmpCounter.TcpExtTCPPureAcks);
        }
        else if (predicted && HasGranted(BufferOf(segment).Memory))
        {
            Count(SnmpCounter.TcpExtTCPHPAcks);
        }
    }

    private bool HasGranted(int memory) => memory <= (_received?.Granted ?? 0);

    /// <summary>A segment as expected is taken without a look at SO_RCVBUF while memory that was granted is left.</summary>
    private bool IsPredicted(scoped in TcpSegment segment, int memory)
    {
        if (!_isPredicted || !HasGranted(memory) || segment.End > _rcv.Nxt + _rcv.Remaining)
        {
            return false;
        }

        Count(SnmpCounter.TcpExtTCPHPHits);
        return true;
    }
}
