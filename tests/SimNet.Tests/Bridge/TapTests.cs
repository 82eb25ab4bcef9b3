using System.Net;
using System.Net.Sockets;
using SimNet.Hosts;
using SimStack.Ip;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>A simulated host on a TAP device, and the kernel beside it.</summary>
public class TapTests
{
    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void TheKernelPingsTheHost(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel);
        string output = kernel.Run("ping", "-c", "3", "-i", "0.05", "-W", "5", address);
        Assert.Contains("3 received", output, StringComparison.Ordinal);
        Assert.Contains("3 received", kernel.Run("ping", "-c", "3", "-i", "0.05", "-W", "5", "-s", "8000", address), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.9.0.2")]
    [InlineData("fd09::2")]
    public void AKernelsSocketTalksToTheHosts(string address)
    {
        using KernelNamespace kernel = new();
        using BridgedHost bridged = new(kernel);
        bridged.Start(async host =>
        {
            SimTcpListener listener = host.Listen(new IpEndpoint(IpAddress.Parse(address), 7));
            using SimTcpStream stream = await listener.AcceptAsync();
            await stream.CopyToAsync(stream);
        });
        using Socket socket = kernel.Enter(() =>
        {
            Socket made = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
            made.Connect(new IPEndPoint(IPAddress.Parse(address), 7));
            return made;
        });
        socket.Send("hello"u8);
        byte[] answer = new byte[5];
        int length = 0;
        while (length < 5)
        {
            length += socket.Receive(answer, length, 5 - length, SocketFlags.None);
        }

        Assert.Equal("hello"u8, answer);
    }
}
