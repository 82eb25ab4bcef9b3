namespace SimStack.Tcp;

/// <summary>
/// The flow label of IPv6 packets (RFC 6437), which routers choose among equal paths by: as in Linux a hash of the connection that stays until
/// a timeout asks for another path (sk_txhash, sk_rethink_txhash).
/// </summary>
internal sealed partial class TcpConnection
{
    private uint _flowLabel;
    private ushort _flowTurn;
    private bool? _autoFlowLabel;
    private bool? _txRehash;

    /// <summary>What a packet that follows none carries; 0 for IPv4 and where there are none.</summary>
    private uint FlowLabel => RemoteAddress.IsV4 ? 0 : _flowLabel != 0 ? _flowLabel : _flowLabel = _tcp.FlowLabel(Local, Remote, _flowTurn, _autoFlowLabel);

    /// <summary>A timeout: the next packets take another path, if they can.</summary>
    private void Rehash()
    {
        if (_txRehash ?? Sysctls.TxRehash)
        {
            Count(SnmpCounter.TcpExtTcpTimeoutRehash);
            _counts.Rehashes++;
            _flowTurn++;
            _flowLabel = 0;
        }
    }
}
