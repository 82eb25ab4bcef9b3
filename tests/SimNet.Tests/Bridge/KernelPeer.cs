using System.Globalization;
using SimStack.Ip;
using SimStack.Tcp;

namespace SimNet.Tests.Bridge;

/// <summary>The kernel of a namespace.</summary>
internal sealed class KernelPeer(KernelNamespace kernel) : Peer
{
    // By the numbers of include/net/tcp_states.h, from 1; NEW_SYN_RECV is never shown.
    private static readonly TcpState[] States =
    [
        TcpState.Closed, TcpState.Established, TcpState.SynSent, TcpState.SynReceived, TcpState.FinWait1, TcpState.FinWait2,
        TcpState.TimeWait, TcpState.Closed, TcpState.CloseWait, TcpState.LastAck, TcpState.Listen, TcpState.Closing,
    ];

    public override string Name => "kernel";

    public override IpAddress Address(bool v6) => IpAddress.Parse(v6 ? "fd09::1" : "10.9.0.1");

    public override PeerSocket Open(bool v6) => kernel.Enter(() => KernelSocket.OpenHere(this, v6));

    public override void Sysctl(string name, string value) => kernel.Sysctl(name, value);

    public override IReadOnlyDictionary<string, long> Counters() => kernel.Counters();

    // /proc/net/tcp: "sl: ADDRESS:PORT ADDRESS:PORT STATE …", all hexadecimal.
    public override TcpState StateOf(ushort localPort, ushort remotePort)
    {
        string[] lines = kernel.Enter(() =>
            File.ReadAllLines("/proc/thread-self/net/tcp").Skip(1).Concat(File.ReadAllLines("/proc/thread-self/net/tcp6").Skip(1)).ToArray());
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (PortOf(fields[1]) == localPort && PortOf(fields[2]) == remotePort)
            {
                return States[int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture)];
            }
        }

        return TcpState.Closed;
    }

    private static ushort PortOf(string endpoint) =>
        ushort.Parse(endpoint.AsSpan(endpoint.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
