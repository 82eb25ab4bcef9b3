using SimStack.Tcp.Recovery;

namespace SimStack.Tcp;

/// <summary>Without SACK each duplicate ACK stands for a segment that arrived (RFC 5681 §3.2; tcp_add_reno_sack and its kin).</summary>
internal sealed partial class TcpConnection
{
    private void AddDuplicates(int count)
    {
        if (count == 0)
        {
            return;
        }

        LossRecovery recovery = Recovery;
        int prior = recovery.SackedOut;
        recovery.SackedOut += count;
        NoteDuplicateReordering(0);
        _counts.Delivered += (uint)Math.Max(0, recovery.SackedOut - prior);
    }

    /// <summary>One of the acknowledged segments filled the hole; for the others there were duplicates before.</summary>
    private void RemoveDuplicates(int acknowledged)
    {
        LossRecovery recovery = Recovery;
        if (acknowledged > 0)
        {
            _counts.Delivered += (uint)Math.Max(acknowledged - recovery.SackedOut, 1);
            recovery.SackedOut = Math.Max(0, recovery.SackedOut - (acknowledged - 1));
        }

        NoteDuplicateReordering(acknowledged);
    }

    /// <summary>More duplicates than segments that could have caused them: they were not lost, but overtaken.</summary>
    private void NoteDuplicateReordering(int acknowledged)
    {
        if (LimitDuplicates())
        {
            LossRecovery recovery = Recovery;
            recovery.Reordering = Math.Min(SegmentsOut + acknowledged, Sysctls.MaxReordering);
            recovery.ReorderingSeen++;
            Count(SnmpCounter.TcpExtTCPRenoReorder);
        }
    }

    private bool LimitDuplicates()
    {
        LossRecovery recovery = Recovery;
        int holes = Math.Min(Math.Max(recovery.LostOut, 1), SegmentsOut);
        if (recovery.SackedOut + holes <= SegmentsOut)
        {
            return false;
        }

        recovery.SackedOut = SegmentsOut - holes;
        return true;
    }
}
