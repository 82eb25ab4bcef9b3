using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Udp;

public sealed class UdpSocketTests
{
    private static readonly IpEndpoint Peer = new(DatagramBench.Peer, 53);
    private static readonly IpEndpoint Other = new(DatagramBench.Router, 53);
    private readonly DatagramBench _bench = new();

    [Fact]
    public void OneSocketSendsToOnePeerThenToAnother()
    {
        UdpSocket socket = _bench.Bound(5000);
        Assert.Equal(SocketResult.Ok(3), socket.SendTo(_bench.Now, "one"u8, Peer));
        Assert.Equal(SocketResult.Ok(0), socket.SendTo(_bench.Now, [], Other));
        List<byte[]> sent = _bench.Sent();
        Assert.Equal(["10.0.0.1 10.0.0.2 5000 53 \"one\"", "10.0.0.1 10.0.0.254 5000 53 \"\""], sent.Select(Describe));
        Assert.Equal(2, _bench[SnmpCounter.UdpOutDatagrams]);
        Assert.Equal(Errno.EDESTADDRREQ, socket.Send(_bench.Now, "x"u8).Error);
    }

    [Fact]
    public void DatagramsOfSeveralSendersComeInOrderWithTheirAddresses()
    {
        UdpSocket socket = _bench.Bound(5000);
        _bench.Arrives(1, 5000, "first"u8.ToArray());
        _bench.Arrives(2, 5000, [], source: DatagramBench.Router);
        Assert.Equal("10.0.0.2:1 \"first\" = 5", _bench.Read(socket, flags: MessageFlags.MSG_PEEK));
        Assert.Equal("10.0.0.2:1 \"fir\" = 5", _bench.Read(socket, 3, MessageFlags.MSG_TRUNC));
        Assert.Equal("10.0.0.254:2 \"\" = 0", _bench.Read(socket));
        Assert.Equal("EAGAIN", _bench.Read(socket));
        Assert.Equal(2, _bench[SnmpCounter.UdpInDatagrams]);
    }

    [Fact]
    public void AConnectedSocketIsPreferredAndHearsItsPeerOnly()
    {
        UdpSocket any = _bench.Bound(5000);
        any.SetOption(_bench.Now, SocketOption.SO_REUSEADDR, 1);
        UdpSocket connected = _bench.Host.OpenUdpSocket(AddressFamily.AF_INET);
        connected.SetOption(_bench.Now, SocketOption.SO_REUSEADDR, 1);
        Assert.Equal(Errno.OK, connected.Bind(new IpEndpoint(IpAddress.AnyV4, 5000)));
        Assert.Equal(Errno.OK, connected.Connect(_bench.Now, Peer));
        Assert.Equal(new IpEndpoint(DatagramBench.Own, 5000), connected.LocalEndpoint);
        _bench.Arrives(53, 5000, "a"u8.ToArray());
        _bench.Arrives(54, 5000, "b"u8.ToArray());
        Assert.Equal("10.0.0.2:53 \"a\" = 1", _bench.Read(connected));
        Assert.Equal("EAGAIN", _bench.Read(connected));
        Assert.Equal("10.0.0.2:54 \"b\" = 1", _bench.Read(any));
    }

    [Fact]
    public void ConnectMayBeCalledAgainAndUndone()
    {
        UdpSocket socket = _bench.Connected(Peer);
        ushort port = socket.LocalEndpoint.Port;
        Assert.InRange(port, 32_768, 60_999);
        Assert.Equal(Errno.OK, socket.Connect(_bench.Now, Other));
        Assert.Equal(new IpEndpoint(DatagramBench.Own, port), socket.LocalEndpoint);
        _bench.Arrives(53, port, "old peer"u8.ToArray());
        Assert.Equal(1, _bench[SnmpCounter.UdpNoPorts]);
        Assert.Equal(Errno.OK, socket.Disconnect());
        Assert.Equal(new IpEndpoint(IpAddress.AnyV4, 0), socket.LocalEndpoint);
        Assert.False(socket.IsConnected);
        Assert.Equal(Errno.EDESTADDRREQ, socket.Send(_bench.Now, "x"u8).Error);
    }

    [Fact]
    public void AFullSocketDropsAndCounts()
    {
        // Linux 6.18, measured: nine datagrams of up to 197 bytes fit 8,192, and three of 1,000 (832 and 2,304 bytes each).
        foreach ((int length, int fit, int memory) in new[] { (0, 9, 832), (100, 9, 832), (1000, 3, 2304) })
        {
            DatagramBench bench = new();
            UdpSocket socket = bench.Bound(5000);
            socket.SetOption(bench.Now, SocketOption.SO_RCVBUF, 4096);
            Assert.Equal(SocketResult.Ok(8192), socket.GetOption(SocketOption.SO_RCVBUF));
            for (int i = 0; i < 20; i++)
            {
                bench.Arrives(1, 5000, new byte[length]);
            }

            Assert.Equal(fit, socket.QueuedCount);
            Assert.Equal(fit * memory, socket.QueuedMemory);
            Assert.Equal(20 - fit, bench[SnmpCounter.UdpRcvbufErrors]);
            Assert.Equal(20 - fit, bench[SnmpCounter.UdpInErrors]);
            Assert.Equal(20 - fit, socket.Dropped);
            Assert.Empty(bench.Sent());
        }
    }

    [Theory]
    [InlineData(8192, 230, 9)]
    [InlineData(2000, 230, 2)]
    public void ReadingMakesRoomInPortions(int buffer, int arrivals, int atOnce)
    {
        UdpSocket socket = _bench.Bound(5000);
        socket.SetOption(_bench.Now, SocketOption.SO_RCVBUF, buffer / 2);
        int read = 0;
        int largest = 0;
        for (int i = 0; i < arrivals; i++)
        {
            _bench.Arrives(1, 5000, "x"u8.ToArray());
            largest = Math.Max(largest, socket.QueuedCount);
            read += i % 4 == 3 && _bench.Read(socket) != "EAGAIN" ? 1 : 0;
        }

        while (_bench.Read(socket) != "EAGAIN")
        {
            read++;
        }

        Assert.Equal(atOnce, largest);
        Assert.Equal(arrivals, read + _bench[SnmpCounter.UdpRcvbufErrors]);
        Assert.Equal(0, socket.QueuedMemory);
    }

    [Fact]
    public void TheMemoryOfWhatWasReadIsGivenBackByQuartersOfTheBuffer()
    {
        UdpSocket socket = _bench.Bound(5000);
        socket.SetOption(_bench.Now, SocketOption.SO_RCVBUF, 4096);
        for (int i = 0; i < 12; i++)
        {
            _bench.Arrives(1, 5000, "x"u8.ToArray());
        }

        List<int> memory = [socket.QueuedMemory];
        for (int i = 0; i < 9; i++)
        {
            _bench.Read(socket);
            memory.Add(socket.QueuedMemory);
        }

        // As ss showed it on Linux 6.18.
        Assert.Equal([7488, 7488, 7488, 4992, 4992, 4992, 2496, 2496, 2496, 0], memory);
    }

    [Fact]
    public void AClosedPortIsAnsweredAsLinuxDoes()
    {
        _bench.Arrives(1, 9, "anybody?"u8.ToArray());
        byte[] packet = _bench.SentOne();
        Assert.True(Ipv4View.TryParse(packet, out Ipv4View ip, out _));
        Assert.Equal(0xC0, ip.TrafficClass);
        Assert.False(ip.DontFragment);
        Assert.Equal(64, ip.Ttl);
        Assert.True(IcmpView.TryParse(ip.Payload, out IcmpView icmp, out _));
        Assert.Equal((IcmpType.DestinationUnreachable, 3, 36), (icmp.Type, icmp.Code, icmp.Payload.Length));
        Assert.Equal(1, _bench[SnmpCounter.UdpNoPorts]);
    }

    [Theory]
    [InlineData("checksum", SnmpCounter.UdpInCsumErrors)]
    [InlineData("too long", SnmpCounter.UdpInErrors)]
    [InlineData("header", SnmpCounter.UdpInErrors)]
    [InlineData("length 7", SnmpCounter.UdpInErrors)]
    public void ABadDatagramIsCountedAndNotAnswered(string what, SnmpCounter counter)
    {
        UdpSocket socket = _bench.Bound(5000);
        byte[] datagram = new byte[12];
        UdpWriter.Write(datagram, DatagramBench.Peer, DatagramBench.Own, 1, 5000, "abcd"u8);
        switch (what)
        {
            case "checksum": datagram[11] ^= 1; break;
            case "too long": datagram[5]++; break;
            case "length 7": datagram[5] = 7; break;
            default: datagram = datagram[..7]; break;
        }

        _bench.ArrivesRaw(IpProtocol.Udp, datagram);
        Assert.Equal(1, _bench[counter]);
        Assert.Equal(1, _bench[SnmpCounter.UdpInErrors]);
        Assert.Equal("EAGAIN", _bench.Read(socket));
        Assert.Empty(_bench.Sent());
    }

    [Fact]
    public void WhatFollowsTheUdpLengthIsCutOff()
    {
        UdpSocket socket = _bench.Bound(5000);
        byte[] bytes = new byte[20];
        UdpWriter.Write(bytes, DatagramBench.Peer, DatagramBench.Own, 1, 5000, "abcd"u8);
        _bench.ArrivesRaw(IpProtocol.Udp, bytes);
        Assert.Equal("10.0.0.2:1 \"abcd\" = 4", _bench.Read(socket));
    }

    [Fact]
    public void NoChecksumIsRightOverIPv4AndWrongOverIPv6()
    {
        UdpSocket v6 = _bench.Bound(5000, IpAddress.AnyV6);
        byte[] bytes = new byte[9];
        UdpWriter.Write(bytes, DatagramBench.Peer, DatagramBench.Own, 1, 5000, "a"u8);
        bytes[6] = bytes[7] = 0;
        _bench.ArrivesRaw(IpProtocol.Udp, bytes);
        _bench.ArrivesRaw(IpProtocol.Udp, bytes, DatagramBench.Own6);
        Assert.Equal("10.0.0.2:1 \"a\" = 1", _bench.Read(v6));
        Assert.Equal("EAGAIN", _bench.Read(v6));
        Assert.Equal(1, _bench[SnmpCounter.Udp6InCsumErrors]);
    }

    [Fact]
    public void AChecksumThatComesOutZeroIsSentAsOnes()
    {
        UdpSocket socket = _bench.Bound(5000);
        // The last two bytes make the sum what it must be.
        for (int i = 0; i < 65_536; i++)
        {
            socket.SendTo(_bench.Now, [(byte)(i >> 8), (byte)i], Peer);
            byte[] packet = _bench.SentOne();
            if (packet[26] == 0xFF && packet[27] == 0xFF)
            {
                ulong sum = InternetChecksum.PseudoHeader(DatagramBench.Own, DatagramBench.Peer, IpProtocol.Udp, 10);
                Assert.Equal(0, InternetChecksum.Fold(InternetChecksum.Sum(packet.AsSpan(20), sum)));
                return;
            }

            Assert.False(packet[26] == 0 && packet[27] == 0);
        }

        Assert.Fail("no payload gave the checksum 0");
    }

    [Fact]
    public void GroupsReachEverySocketThatMatches()
    {
        List<UdpSocket> sockets = [];
        foreach (IpAddress address in new[] { IpAddress.AnyV4, IpAddress.AnyV4, DatagramBench.Own })
        {
            UdpSocket socket = _bench.Host.OpenUdpSocket(AddressFamily.AF_INET);
            socket.SetOption(_bench.Now, SocketOption.SO_REUSEADDR, 1);
            Assert.Equal(Errno.OK, socket.Bind(new IpEndpoint(address, 5000)));
            sockets.Add(socket);
        }

        _bench.Arrives(1, 5000, "all"u8.ToArray(), IpAddress.Parse("10.0.0.255"));
        _bench.Arrives(1, 5000, "many"u8.ToArray(), IpAddress.Parse("239.1.2.3"));
        _bench.Arrives(1, 5001, "none"u8.ToArray(), IpAddress.BroadcastV4);
        Assert.Equal([2, 2, 0], sockets.Select(s => s.QueuedCount));
        Assert.Equal(1, _bench[SnmpCounter.UdpIgnoredMulti]);
        Assert.Empty(_bench.Sent());
    }

    [Fact]
    public void BroadcastingAsksForPermissionAndComesBack()
    {
        UdpSocket socket = _bench.Bound(5000);
        IpEndpoint all = new(IpAddress.Parse("10.0.0.255"), 5000);
        Assert.Equal(Errno.EACCES, socket.SendTo(_bench.Now, "x"u8, all).Error);
        Assert.Equal(Errno.EACCES, socket.Connect(_bench.Now, all));
        socket.SetOption(_bench.Now, SocketOption.SO_BROADCAST, 1);
        Assert.True(socket.SendTo(_bench.Now, "x"u8, all).Succeeded);
        _bench.SentOne();
        Assert.Equal("10.0.0.1:5000 \"x\" = 1", _bench.Read(socket));
    }

    [Fact]
    public void LengthsAreBoundedByTheProtocolAndByThePath()
    {
        UdpSocket socket = _bench.Bound(5000);
        Assert.Equal(Errno.EMSGSIZE, socket.SendTo(_bench.Now, new byte[65_508], Peer).Error);
        socket.SetOption(_bench.Now, SocketOption.IP_MTU_DISCOVER, (int)PathMtuDiscovery.IP_PMTUDISC_DO);
        Assert.Equal(Errno.EMSGSIZE, socket.SendTo(_bench.Now, new byte[1473], Peer).Error);
        Assert.Equal(1472, socket.SendTo(_bench.Now, new byte[1472], Peer).Value);
        Assert.Equal(1500, _bench.SentOne().Length);
        socket.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        socket.SendTo(_bench.Now, new byte[2000], Peer);
        Assert.Equal(Errno.OK, socket.ReceiveError(out ExtendedError? error));
        Assert.Equal((Errno.EMSGSIZE, ErrorOrigin.Local, 1500u), (error!.Error, error.Origin, error.Info));
    }

    [Fact]
    public void CallsAreRefusedAsLinuxRefusesThem()
    {
        UdpSocket socket = _bench.Bound(5000);
        Assert.Equal(Errno.EINVAL, socket.Bind(new IpEndpoint(IpAddress.AnyV4, 5001)));
        UdpSocket second = _bench.Host.OpenUdpSocket(AddressFamily.AF_INET);
        Assert.Equal(Errno.EADDRINUSE, second.Bind(new IpEndpoint(DatagramBench.Own, 5000)));
        Assert.Equal(Errno.EADDRNOTAVAIL, second.Bind(new IpEndpoint(DatagramBench.Peer, 5000)));
        Assert.Equal(Errno.EAFNOSUPPORT, second.Bind(new IpEndpoint(DatagramBench.Own6, 5000)));
        Assert.Equal(Errno.ENETUNREACH, second.Connect(_bench.Now, new IpEndpoint(IpAddress.Parse("192.0.2.1"), 1)));
        Assert.Equal(Errno.EINVAL, second.SendTo(_bench.Now, "x"u8, Peer with { Port = 0 }).Error);
        Assert.Equal(Errno.ENOTCONN, second.Shutdown(_bench.Now, ShutdownHow.SHUT_WR));
        Assert.Equal(Errno.EPIPE, second.SendTo(_bench.Now, "x"u8, Peer).Error);
        Assert.Equal(Errno.ENOPROTOOPT, second.SetOption(_bench.Now, SocketOption.TCP_NODELAY, 1));
        second.Close(_bench.Now);
        Assert.Equal(Errno.EBADF, second.SendTo(_bench.Now, "x"u8, Peer).Error);
        Assert.Equal("EBADF", _bench.Read(second));
        socket.Close(_bench.Now);
        _bench.Bound(5000);
    }

    [Fact]
    public void DualStackSocketsTakeBothFamiliesUnlessTold()
    {
        UdpSocket both = _bench.Bound(5000, IpAddress.AnyV6);
        _bench.Arrives(1, 5000, "four"u8.ToArray());
        _bench.Arrives(1, 5000, "six"u8.ToArray(), DatagramBench.Own6);
        Assert.Equal("10.0.0.2:1 \"four\" = 4", _bench.Read(both));
        Assert.Equal("[fd00::2]:1 \"six\" = 3", _bench.Read(both));
        UdpSocket six = _bench.Host.OpenUdpSocket(AddressFamily.AF_INET6);
        six.SetOption(_bench.Now, SocketOption.IPV6_V6ONLY, 1);
        Assert.Equal(Errno.OK, six.Bind(new IpEndpoint(IpAddress.AnyV6, 5001)));
        _bench.Bound(5001);
        _bench.Arrives(1, 5001, "four"u8.ToArray());
        Assert.Equal("EAGAIN", _bench.Read(six));
    }

    [Fact]
    public void TheTableShowsThemAsSsDoes()
    {
        UdpSocket socket = _bench.Bound(5000);
        _bench.Connected(Peer);
        _bench.Arrives(1, 5000, "x"u8.ToArray());
        List<SocketTableRow> rows = [];
        _bench.Host.GetSocketTable(rows);
        Assert.Equal(["Closed 832 10.0.0.2:0", "Established 0 10.0.0.2:53"],
            rows.Select(r => $"{r.State} {r.RecvQ} {(r.Remote.Port == 0 ? "10.0.0.2:0" : r.Remote)}"));
        Assert.All(rows, row => Assert.Equal(IpProtocol.Udp, row.Protocol));
        Assert.Equal(socket.LocalEndpoint, rows[0].Local);
    }

    private static string Describe(byte[] packet)
    {
        Assert.True(Ipv4View.TryParse(packet, out Ipv4View ip, out _));
        Assert.True(UdpView.TryParse(ip.Payload, out UdpView udp, out _));
        Assert.True(udp.VerifyChecksum(ip.Source, ip.Destination));
        string text = System.Text.Encoding.ASCII.GetString(udp.Payload);
        return $"{ip.Source} {ip.Destination} {udp.SourcePort} {udp.DestinationPort} \"{text}\"";
    }

    [Fact]
    public void ALaterFragmentThatFoundNoNeighbourIsNobodysDatagram()
    {
        // What lies where a header would be reads as another socket's ports.
        IpEndpoint nobody = new(IpAddress.Parse("10.0.0.9"), 7);
        UdpSocket other = _bench.Bound(0x1234);
        other.Connect(_bench.Now, nobody);
        other.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        byte[] data = new byte[2000];
        (data[1472], data[1473], data[1475]) = (0x12, 0x34, 7);
        UdpSocket socket = _bench.Bound(5000);
        socket.SetOption(_bench.Now, SocketOption.IP_RECVERR, 1);
        socket.SendTo(_bench.Now, data, nobody);
        for (int i = 0; i < 5; i++)
        {
            _bench.Now += Duration.FromSeconds(1);
            _bench.Host.Advance(_bench.Now);
        }

        Assert.Equal(1, socket.QueuedErrors);
        Assert.Equal(0, other.QueuedErrors);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void AnIpv6DatagramMayLeaveItsLengthToThePacket(bool ipv6, int taken)
    {
        IpAddress from = ipv6 ? DatagramBench.Peer6 : DatagramBench.Peer;
        IpAddress to = ipv6 ? DatagramBench.Own6 : DatagramBench.Own;
        UdpSocket socket = _bench.Bound(5000, to);
        byte[] datagram = new byte[13];
        UdpWriter.Write(datagram, from, to, 9, 5000, "hello"u8);
        (datagram[4], datagram[5], datagram[6], datagram[7]) = (0, 0, 0, 0);
        ulong pseudo = InternetChecksum.PseudoHeader(from, to, IpProtocol.Udp, datagram.Length);
        ushort sum = InternetChecksum.Fold(InternetChecksum.Sum(datagram, pseudo));
        (datagram[6], datagram[7]) = ((byte)(sum >> 8), (byte)sum);
        _bench.ArrivesRaw(IpProtocol.Udp, datagram, to);
        Assert.Equal(taken, socket.QueuedCount);
        Assert.Equal(1 - taken, _bench[SnmpCounter.UdpInErrors]);
    }

    [Fact]
    public void WindowsNumbersConnectedAndOtherDatagramsAlike()
    {
        DatagramBench bench = new(SimStack.Profiles.Profile.Windows);
        UdpSocket connected = bench.Connected(Peer);
        UdpSocket other = bench.Bound(5000);
        connected.Send(bench.Now, "a"u8);
        other.SendTo(bench.Now, "b"u8, Other);
        connected.Send(bench.Now, "c"u8);
        int[] ids = [.. bench.Sent().Select(p => p[4] << 8 | p[5])];
        Assert.Equal([ids[0], ids[0] + 1, ids[0] + 2], ids);
    }

    [Theory]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_DONT, 996)]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_WANT, 996)]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_INTERFACE, 1500)]
    [InlineData(PathMtuDiscovery.IP_PMTUDISC_OMIT, 1500)]
    public void SomeSocketsGoByTheInterfaceWhateverWasLearned(PathMtuDiscovery discovery, int longest)
    {
        UdpSocket socket = _bench.Bound(5000);
        Assert.Equal(Errno.OK, socket.SetOption(_bench.Now, SocketOption.IP_MTU_DISCOVER, (int)discovery));
        _bench.Host.Ip.LowerPathMtu(_bench.Now, DatagramBench.Peer, 1000);
        Assert.True(socket.SendTo(_bench.Now, new byte[1472], Peer).Succeeded);
        Assert.Equal(longest, _bench.Sent().Max(p => p.Length));
    }
}
