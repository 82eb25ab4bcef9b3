using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Profiles;

/// <summary>What the profiles of other systems put on the wire, and when.</summary>
public sealed class ProfileTests
{
    /// <summary>The TCP header from the window on is compared byte by byte: window, options, their order and padding.</summary>
    [Theory]
    [InlineData("windows", 128, "2000", "020405B4 01030302 01010402")]
    [InlineData("freebsd", 64, "FFFF", "020405B4 01030306 0402080A")]
    [InlineData("linux", 64, "FAF0", "020405B4 0402080A")]
    public void The_SYN_is_the_systems_own(string name, int ttl, string window, string options)
    {
        byte[][] syns = FirstFrames(name, 2);
        ReadOnlySpan<byte> ip = syns[0].AsSpan(14);
        Assert.Equal(ttl, ip[8]);
        Assert.Equal(0x40, ip[6]); // DF
        Assert.Equal(window, Convert.ToHexString(ip.Slice(34, 2)));
        Assert.StartsWith(options.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(ip[40..]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("windows", 1, 2)]
    [InlineData("rfc9293", 0, 0)]
    [InlineData("freebsd", 0, 0)]
    public void The_identification_counts_where_the_system_has_it_so(string name, int first, int second)
    {
        byte[][] syns = FirstFrames(name, 2);
        Assert.Equal([first, second], syns.Select(s => s[18] << 8 | s[19]));
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("linux26")]
    public void A_connection_of_Linux_counts_for_itself_from_a_random_number(string name)
    {
        int[] ids = [.. FirstFrames(name, 3, again: true).Select(s => s[18] << 8 | s[19])];
        Assert.NotEqual(0, ids[0]);
        Assert.Equal([ids[0], ids[0] + 1, ids[0] + 2], ids);
        int[] others = [.. FirstFrames(name, 3).Select(s => s[18] << 8 | s[19])];
        Assert.Equal(3, others.Distinct().Count());
    }

    [Fact]
    public void Windows_offers_its_whole_buffer_right_after_the_handshake()
    {
        Dialogue net = new(profile: Profile.Windows);
        net.Connect();
        net.Peer.Expect(Syn(Iss).Win(8192).Scale(2).Mss(1460).SackOk().NoTs());
        net.Peer.Send(SynAck(Irs, Iss + 1).Mss(1460).Scale(7).SackOk());
        net.Peer.Expect(Ack(Iss + 1, Irs + 1).Win(65_700 / 4));
    }

    [Theory]
    [InlineData("windows", new double[] { 0, 3000, 9000 }, 21_000)]
    [InlineData("freebsd", new double[] { 0, 1000, 3000, 7000, 15_000, 31_000, 63_000 }, 75_000)]
    [InlineData("linux26", new double[] { 0, 1000, 3000, 7000, 15_000, 31_000 }, 63_000)]
    public void SYNs_go_out_at_the_systems_times(string name, double[] times, long end)
    {
        Dialogue net = new(profile: Named(name));
        net.Connect();
        net.AdvanceMs(end - 1);
        foreach (double time in times)
        {
            net.Peer.ExpectAt(time, Syn(Iss));
        }

        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.SynSent, net.Socket.State);
        net.AdvanceMs(1);
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Fact]
    public void Windows_takes_three_refusals_half_a_second_apart()
    {
        Dialogue net = new(profile: Profile.Windows);
        net.Connect();
        for (int i = 0; i < 3; i++)
        {
            net.Peer.ExpectAt(i * 500, Syn(Iss));
            Assert.Equal(TcpState.SynSent, net.Socket.State);
            net.Peer.Send(RstAck(0, Iss + 1));
            net.AdvanceMs(500);
        }

        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ECONNREFUSED, net.Socket.TakeError());
        Assert.Equal(1, (int)net.Host.Counters[SnmpCounter.TcpAttemptFails]);
    }

    [Fact]
    public void Windows_connects_at_the_second_try_if_there_is_room_by_then()
    {
        Dialogue net = new(profile: Profile.Windows);
        net.Connect();
        net.Peer.Expect(Syn(Iss));
        net.Peer.Send(RstAck(0, Iss + 1));
        net.AdvanceMs(500);
        net.Peer.ExpectAt(500, Syn(Iss));
        net.Peer.Send(SynAck(Irs, Iss + 1).Mss(1460));
        net.Peer.ExpectAt(500, Ack(Iss + 1, Irs + 1));
        Assert.Equal(TcpState.Established, net.Socket.State);
    }

    [Theory]
    [InlineData("linux")]
    [InlineData("freebsd")]
    [InlineData("rfc9293")]
    public void Others_take_the_first_refusal(string name)
    {
        Dialogue net = new(profile: Named(name));
        net.Connect();
        net.Peer.Expect(Syn(Iss));
        net.Peer.Send(RstAck(0, Iss + 1));
        Assert.Equal(Errno.ECONNREFUSED, net.Socket.TakeError());
        net.AdvanceMs(5000);
        net.Peer.ExpectNothing();
    }

    [Theory]
    [InlineData("windows", 5)]
    [InlineData("freebsd", 12)]
    public void Data_is_sent_again_as_often_as_the_system_counts(string name, int retransmissions)
    {
        Dialogue net = new(profile: Named(name));
        net.EstablishActively();
        net.Socket.Send(net.Now, "x"u8);
        net.Peer.Expect(Data(Iss + 1, Irs + 1, 1));
        for (int i = 0; i < retransmissions; i++)
        {
            net.Advance(net.Host.NextDeadline - net.Now);
            net.Peer.Expect(Data(Iss + 1, Irs + 1, 1));
        }

        net.AdvanceMs(3_600_000);
        net.Peer.ExpectNothing();
        Assert.Equal(TcpState.Closed, net.Socket.State);
        Assert.Equal(Errno.ETIMEDOUT, net.Socket.TakeError());
    }

    [Fact]
    public void TIME_WAIT_lasts_as_long_as_the_profile_says()
    {
        Assert.Equal(
            [("linux", 60_000), ("linux26", 60_000), ("windows", 120_000), ("freebsd", 60_000), ("rfc9293", 240_000)],
            Profile.All.Select(p => (p.Name, p.Defaults.TimeWaitMilliseconds)));
    }

    internal static Profile Named(string name)
    {
        Assert.True(Profile.TryGet(name, out Profile profile));
        return profile;
    }

    private static byte[][] FirstFrames(string name, int count, bool again = false)
    {
        FramePool pool = new();
        Host host = new(new HostOptions { Name = "h", Profile = Named(name), Secret = 1, FramePool = pool });
        NetworkInterface eth0 = host.AddInterface("eth0", new MacAddress(0x0200_0000_0001));
        host.AddAddress(eth0, IpAddress.FromV4(10, 0, 0, 1), 24);
        host.AddNeighbour(eth0, IpAddress.FromV4(10, 0, 0, 2), new MacAddress(0x0200_0000_0002));
        List<byte[]> frames = [];
        for (int i = 0; i < count; i++)
        {
            if (again && i > 0)
            {
                host.Advance(host.NextDeadline);
            }
            else
            {
                host.OpenTcpSocket(AddressFamily.AF_INET).Connect(Instant.Zero, new IpEndpoint(IpAddress.FromV4(10, 0, 0, 2), 80));
            }

            Assert.True(eth0.TryDequeue(out Frame? frame));
            frames.Add(frame!.Bytes.ToArray());
            pool.Return(frame);
        }

        return [.. frames];
    }
}
