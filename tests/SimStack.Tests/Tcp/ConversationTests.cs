using SimStack.Sockets;
using SimStack.Tcp;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>Whole conversations between two hosts of ours.</summary>
public sealed class ConversationTests
{
    [Fact]
    public void A_connection_opens_carries_data_and_closes_in_four_segments()
    {
        TwoHosts net = new();
        (TcpSocket client, TcpSocket server) = net.Connected();
        Assert.Equal(TcpState.Established, client.State);
        Assert.Equal(5, client.Send(net.Now, "hello"u8).Value);
        net.Run(Duration.FromMilliseconds(50));
        byte[] buffer = new byte[100];
        Assert.Equal(5, server.Receive(net.Now, buffer).Value);
        client.Close(net.Now);
        net.Run(Duration.FromMilliseconds(100));
        Assert.Equal(0, server.Receive(net.Now, buffer).Value);
        Assert.Equal(TcpState.CloseWait, server.State);
        server.Close(net.Now);
        net.Run(Duration.FromMilliseconds(100));
        Assert.Equal(["client Syn len 0", "server Syn, Ack len 0", "client Ack len 0", "client Psh, Ack len 5", "server Ack len 0",
            "client Fin, Ack len 0", "server Ack len 0", "server Fin, Ack len 0", "client Ack len 0"], net.Log);
        net.Run(Duration.FromSeconds(61));
        Assert.Contains("client TIME-WAIT -> CLOSED (2MSL timeout)", net.States);
        Assert.Equal(0, net.Pool.Outstanding);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(5, 2)]
    [InlineData(20, 3)]
    public void A_transfer_arrives_whole_whatever_is_lost(int percent, int seed)
    {
        TwoHosts net = new();
        (TcpSocket client, TcpSocket server) = net.Connected();
        uint random = (uint)seed;
        net.Lose = (_, _) => (random = random * 1_664_525 + 1_013_904_223) >> 8 < 0xFF_FFFF / 100 * percent;
        byte[] data = new byte[300_000];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)(i * 31 + i / 251);
        }

        byte[] got = new byte[data.Length];
        int sent = 0, received = 0, rounds = 0;
        while (received < data.Length && rounds++ < 200_000)
        {
            SocketResult result = client.Send(net.Now, data.AsSpan(sent));
            sent += result.Succeeded ? result.Value : 0;
            net.Run(Duration.FromMilliseconds(5));
            while (server.Receive(net.Now, got.AsSpan(received)) is { Succeeded: true, Value: > 0 } read)
            {
                received += read.Value;
            }
        }

        Assert.Equal(data.Length, received);
        Assert.Equal(data, got);
        client.Close(net.Now);
        net.Run(Duration.FromSeconds(3));
        server.Close(net.Now);
        net.Lose = null;
        net.Run(Duration.FromSeconds(600));
        Assert.Equal(0, net.Pool.Outstanding);
        Assert.Equal(TcpState.Closed, server.State);
    }
}
