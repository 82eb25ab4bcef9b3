using SimNet.Bridge;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Time;
using SimStack;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>Packets that leave a host whole, before a device that cuts them: in virtual time, two ports joined back to back.</summary>
public class LongPacketTests
{
    [Theory]
    [InlineData("10.9.0.1", "10.9.0.2")]
    [InlineData("fd09::1", "fd09::2")]
    public void ThePortCutsThemWhereTheDeviceDoesNot(string client, string server)
    {
        List<string> cut = Transfer(client, server, whole: false, out int before);
        Assert.Equal(cut, Transfer(client, server, whole: false, out int after, port => port.SegmentationOffload = true));
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData("10.9.0.1", "10.9.0.2")]
    [InlineData("fd09::1", "fd09::2")]
    public void TheyAreTheSegmentsThatWouldHaveLeft(string client, string server)
    {
        List<string> cut = Transfer(client, server, whole: false, out int before);
        List<string> whole = Transfer(client, server, whole: true, out int after);
        Assert.Equal(cut, whole);
        Assert.True(after < before / 4, $"{after} packets where there were {before} segments");
    }

    /// <returns>The segments that the client sent.</returns>
    private static List<string> Transfer(string client, string server, bool whole, out int packets, Action<BridgePort>? configure = null)
    {
        using Simulation simulation = new(new SimulationOptions { Seed = 7 });
        SimHost from = simulation.AddHost("from"), to = simulation.AddHost("to");
        from.AddInterface().AddAddress(IpAddress.Parse(client), 24);
        to.AddInterface().AddAddress(IpAddress.Parse(server), 24);
        BridgePort near = simulation.AddBridgePort("near"), far = simulation.AddBridgePort("far");
        simulation.AddLink(near, from.Interfaces[0]);
        // A link that does something gets segments.
        simulation.AddLink(far, to.Interfaces[0], LinkOptions.Symmetric(new LinkDirectionOptions { Mtu = 1500, Delay = Duration.FromMilliseconds(2) }));
        near.HasOffloadDevice = whole;
        configure?.Invoke(near);
        List<string> segments = [];
        int count = 0;
        near.Leaving = (now, frame) =>
        {
            count++;
            segments.AddRange(Segments(simulation.FramePool, frame));
            far.Enter(now, frame);
        };
        far.Leaving = near.Enter;
        to.Start(async host =>
        {
            using SimTcpStream stream = await host.Listen(new IpEndpoint(IpAddress.Parse(server), 7)).AcceptAsync();
            await stream.CopyToAsync(Stream.Null);
        });
        from.Start(async host =>
        {
            using SimTcpStream stream = await host.ConnectAsync(new IpEndpoint(IpAddress.Parse(server), 7));
            byte[] data = new byte[50_001];
            for (int i = 0; i < 20; i++)
            {
                new System.Random(i).NextBytes(data);
                await stream.WriteAsync(data);
            }

            stream.Shutdown(ShutdownHow.SHUT_WR);
        });
        simulation.Run();
        packets = count;
        return segments;
    }

    private static List<string> Segments(FramePool pool, Frame frame)
    {
        if (frame.SegmentSize == 0)
        {
            return [Convert.ToHexString(frame.Bytes)];
        }

        List<string> segments = [];
        SegmentCutter cutter = new(pool, frame);
        while (cutter.TryCut(out Frame segment))
        {
            segments.Add(Convert.ToHexString(segment.Bytes));
            pool.Return(segment);
        }

        return segments;
    }
}
