using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;

namespace SimStack.Tests.Tcp.FastOpen;

/// <summary>Two hosts of ours: whatever is lost, what was written in the SYN and behind it arrives once and in order.</summary>
public sealed class FastOpenTransferTests
{
    public static TheoryData<string, string, int, int> Cases()
    {
        TheoryData<string, string, int, int> cases = [];
        string[] profiles = [.. Profile.All.Select(p => p.Name)];
        for (int i = 0; i < profiles.Length; i++)
        {
            foreach (int percent in (int[])[0, 10, 20])
            {
                cases.Add(profiles[i], profiles[i], percent, i + percent);
                cases.Add(profiles[i], profiles[(i + 1) % profiles.Length], percent, i + percent + 1);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void All_arrives_once_and_in_order(string client, string server, int percent, int seed)
    {
        TwoHosts net = new(
            SimStack.Tests.Profiles.ProfileTests.Named(client), SimStack.Tests.Profiles.ProfileTests.Named(server),
            s => s.TrySet("net.ipv4.tcp_fastopen", "0x403", out _));
        TcpSocket listener = net.Server.OpenTcpSocket(AddressFamily.AF_INET);
        listener.Bind(TwoHosts.ServerEndpoint);
        Assert.Equal(Errno.OK, listener.Listen(net.Now, 16));
        uint random = (uint)seed + 1;
        for (int visit = 0; visit < 4; visit++)
        {
            if (visit > 0)
            {
                net.Lose = (_, _) => (random = random * 1_664_525 + 1_013_904_223) >> 8 < 0xFF_FFFF / 100 * percent;
            }

            Visit(net, listener, bytes: 400 + visit * 5000);
        }

        Assert.True(net.Client.Counters[SnmpCounter.TcpExtTCPFastOpenActive] > 0 || percent > 0);
        net.Lose = null;
        listener.Close(net.Now);
        net.Run(Duration.FromSeconds(1000));
        Assert.Equal(0, net.Pool.Outstanding);
        Assert.Equal(0, net.Client.Tcp.Flows.Count);
        Assert.Equal(0, net.Server.Tcp.Flows.Count);
    }

    private static void Visit(TwoHosts net, TcpSocket listener, int bytes)
    {
        TcpSocket client = net.Client.OpenTcpSocket(AddressFamily.AF_INET);
        byte[] data = Dialogue.Bytes(3, bytes), got = new byte[bytes + 100];
        SocketResult first = client.SendTo(net.Now, data, TwoHosts.ServerEndpoint, MessageFlags.MSG_FASTOPEN);
        int sent = first.Succeeded ? first.Value : 0, received = 0;
        TcpSocket? server = null;
        for (int i = 0; received < bytes && i < 100_000; i++)
        {
            net.Run(Duration.FromMilliseconds(10));
            Assert.Equal(Errno.OK, client.TakeError());
            SocketResult more = client.Send(net.Now, data.AsSpan(sent));
            sent += more.Succeeded ? more.Value : 0;
            if (server is null && listener.Accept(net.Now, out server) is not Errno.OK)
            {
                continue;
            }

            SocketResult read = server!.Receive(net.Now, got.AsSpan(received));
            received += read.Succeeded ? read.Value : 0;
        }

        Assert.Equal(data, got[..received]);
        client.Close(net.Now);
        net.Run(Duration.FromSeconds(1));
        server!.Close(net.Now);
        net.Run(Duration.FromSeconds(100));
    }
}
