using SimNet.Hosts;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>A simulated host behind a bridge, the one on it unless another is named. Every call runs on the bridge's thread.</summary>
internal sealed class SimulatedPeer(BridgedHost bridged, SimHost? other = null) : Peer
{
    private readonly SimHost _host = other ?? bridged.Host;

    public override string Name => "sim";

    public override IpAddress Address(bool v6) => IpAddress.Parse(v6 ? "fd09::2" : "10.9.0.2");

    public override PeerSocket Open(bool v6) =>
        new Endpoint(this, Call(_ => _host.Stack.OpenTcpSocket(v6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET)));

    public override void Sysctl(string name, string value)
    {
        string? error = Call(_ => _host.Stack.Sysctls.TrySet(name, value, out string? refused) ? null : refused);
        if (error is not null)
        {
            throw new InvalidOperationException(error);
        }
    }

    public override IReadOnlyDictionary<string, long> Counters() =>
        Call(_ => _host.Stack.Counters.NonZero().ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));

    public override TcpState StateOf(ushort localPort, ushort remotePort)
    {
        List<SocketTableRow> rows = [];
        Call(_ =>
        {
            _host.Stack.GetSocketTable(rows);
            return true;
        });
        return rows.Find(row => row.Protocol == IpProtocol.Tcp && row.Local.Port == localPort && row.Remote.Port == remotePort).State;
    }

    /// <summary>Calls into the stack and carries out what comes of it.</summary>
    private T Call<T>(Func<Instant, T> body) => bridged.Do(() =>
    {
        T result = body(bridged.Simulation.Now);
        _host.Pump();
        return result;
    });

    private sealed class Endpoint(SimulatedPeer peer, TcpSocket socket) : PeerSocket
    {
        public override Peer Owner => peer;

        public override ushort LocalPort => peer.Call(_ => socket.LocalEndpoint.Port);

        public override TcpInfo Info => peer.Call(socket.GetInfo);

        public override bool IsAtMark => peer.Call(_ => socket.IsAtMark);

        public override Errno Bind(ushort port) => peer.Call(
            _ => socket.Bind(new IpEndpoint(socket.Family == AddressFamily.AF_INET ? IpAddress.AnyV4 : IpAddress.AnyV6, port)));

        public override Errno Listen(int backlog) => peer.Call(now => socket.Listen(now, backlog));

        public override Errno Connect(IpEndpoint remote) => peer.Call(now => socket.Connect(now, remote));

        public override PeerSocket? TryAccept()
        {
            TcpSocket? accepted = peer.Call(now =>
            {
                _ = socket.Accept(now, out TcpSocket? taken);
                return taken;
            });
            return accepted is null ? null : new Endpoint(peer, accepted);
        }

        public override SocketResult Send(ReadOnlySpan<byte> data, MessageFlags flags = MessageFlags.None)
        {
            byte[] copy = data.ToArray();
            return peer.Call(now => socket.Send(now, copy, flags));
        }

        public override SocketResult Receive(Span<byte> data, MessageFlags flags = MessageFlags.None)
        {
            byte[] copy = new byte[data.Length];
            SocketResult result = peer.Call(now => socket.Receive(now, copy, flags));
            copy.AsSpan(0, Math.Max(0, result.Value)).CopyTo(data);
            return result;
        }

        public override Errno Shutdown(ShutdownHow how) => peer.Call(now => socket.Shutdown(now, how));

        public override void Close() => peer.Call(now =>
        {
            socket.Close(now);
            return true;
        });

        public override Errno Set(SocketOption option, int value) => peer.Call(now => socket.SetOption(now, option, value));

        public override Errno TakeError() => peer.Call(_ => socket.TakeError());

        public override Errno SetMd5Key(IpAddress address, byte[] key) => peer.Call(_ => socket.SetMd5Key(address, key));
    }
}
