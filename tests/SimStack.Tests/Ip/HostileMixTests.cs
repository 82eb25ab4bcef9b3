using SimStack.Ip;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Ip;

/// <summary>
/// A router with connections and sockets of its own, under everything at once: nothing is thrown, every frame is given back, memory
/// stays bounded, timers come to an end, what is sent is right, and each packet received is counted once.
/// </summary>
public sealed class HostileMixTests
{
    private const int Frames = 25_000;
    private static readonly MacAddress Mac = new(0x0200_0000_0001);
    private static readonly IpAddress[] Own =
        [.. new[] { "10.0.0.1", "10.0.1.1", "fd00::1", "fd00:1::1" }.Select(IpAddress.Parse)];

    private static readonly IpAddress[] Others =
    [
        .. new[]
        {
            "10.0.0.2", "10.0.0.3", "10.0.1.2", "10.0.0.255", "10.0.1.255", "0.0.0.0", "224.0.0.1", "192.0.2.1", "198.51.100.1", "127.0.0.1",
            "fd00::2", "fd00::3", "fd00:1::2", "ff02::1", "fe80::9", "::", "2001:db8::1", "::1",
        }.Select(IpAddress.Parse),
    ];

    private readonly FramePool _pool = new();
    private readonly List<HostSocket> _sockets = [];
    private readonly byte[] _buffer = new byte[70_000];
    private HostileMix _mix = null!;
    private Host _host = null!;
    private Instant _now = new(1_000_000_000);

    [Theory]
    [InlineData(1ul, false)]
    [InlineData(2ul, false)]
    [InlineData(3ul, false)]
    [InlineData(9ul, false)]
    [InlineData(5ul, false)]
    [InlineData(6ul, false)]
    [InlineData(7ul, true)]
    [InlineData(8ul, true)]
    public void WhateverArrivesDoesNoHarm(ulong seed, bool strict)
    {
        Begin(seed, strict);
        NetworkInterface[] links = [.. _host.Ip.Interfaces.Where(i => !i.IsLoopback)];
        for (int i = 0; i < Frames; i++)
        {
            _host.Receive(_now, links[i & 1], _mix.Next());
            Drain();
            _now += Duration.FromMicroseconds(300);
            if (i % 16 == 0 || _host.NextDeadline <= _now)
            {
                _host.Advance(_now);
                Drain();
            }

            if (i % 64 == 0)
            {
                Use();
                CheckBounds();
            }

            if (i % 5000 == 4999)
            {
                Open();
            }
        }

        CheckCounters();
        End();
    }

    private long this[SnmpCounter counter] => _host.Counters[counter];

    private void Begin(ulong seed, bool strict)
    {
        _mix = new HostileMix(seed, Mac, Own, Others);
        _host = new Host(new HostOptions { Name = "router", FramePool = _pool, Secret = seed, Profile = strict ? Profile.Rfc9293 : Profile.Linux });
        _host.Sysctls.IpForward = true;
        _host.Sysctls.Ip6Forwarding = true;
        for (int i = 0; i < 2; i++)
        {
            NetworkInterface link = _host.AddInterface($"eth{i}", Mac, i == 0 ? 1500 : 1280);
            _host.AddAddress(link, Own[i], 24);
            _host.AddAddress(link, Own[2 + i], 64);
        }

        // Not all neighbours are known: the others are asked for, and answer by chance.
        NetworkInterface first = _host.Ip.Interfaces[1];
        _host.AddNeighbour(first, Others[0], new MacAddress(0x0200_0000_0100));
        _host.AddNeighbour(first, IpAddress.Parse("fd00::2"), new MacAddress(0x0200_0000_0100));
        _host.AddRoute(IpAddress.AnyV4, 0, Others[0], first);
        _host.AddRoute(IpAddress.AnyV6, 0, IpAddress.Parse("fd00::2"), first);
        foreach (AddressFamily family in new[] { AddressFamily.AF_INET, AddressFamily.AF_INET6 })
        {
            IpAddress any = family is AddressFamily.AF_INET ? IpAddress.AnyV4 : IpAddress.AnyV6;
            UdpSocket udp = _host.OpenUdpSocket(family);
            udp.SetOption(_now, SocketOption.IPV6_V6ONLY, 1);
            Assert.Equal(Errno.OK, udp.Bind(new IpEndpoint(any, 8)));
            udp.SetOption(_now, SocketOption.IP_RECVERR, 1);
            TcpSocket listener = _host.OpenTcpSocket(family);
            Assert.Equal(Errno.OK, listener.Bind(new IpEndpoint(family is AddressFamily.AF_INET ? any : Own[2], 80)));
            Assert.Equal(Errno.OK, listener.Listen(_now, 8));
            PingSocket ping = _host.OpenPingSocket(family);
            ping.SetOption(_now, SocketOption.IP_RECVERR, 1);
            _sockets.AddRange([udp, listener, ping]);
        }

        Open();
    }

    private void Open()
    {
        foreach (string peer in new[] { "10.0.0.2", "fd00::2", "192.0.2.1", "10.0.1.2" })
        {
            IpEndpoint remote = new(IpAddress.Parse(peer), 80);
            TcpSocket tcp = _host.OpenTcpSocket(remote.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
            tcp.Connect(_now, remote);
            _sockets.Add(tcp);
            Drain();
        }
    }

    /// <summary>What applications do: read, write, accept, ping.</summary>
    private void Use()
    {
        for (int i = 0; i < _sockets.Count; i++)
        {
            switch (_sockets[i])
            {
                case TcpSocket { State: SimStack.Tcp.TcpState.Listen } listener:
                    if (listener.Accept(_now, out TcpSocket? accepted) is Errno.OK)
                    {
                        _sockets.Add(accepted!);
                    }

                    break;
                case TcpSocket tcp:
                    tcp.Receive(_now, _buffer);
                    tcp.Send(_now, _buffer.AsSpan(0, 3000));
                    break;
                case UdpSocket udp:
                    udp.ReceiveFrom(_now, _buffer, out DatagramInfo info);
                    udp.ReceiveError(out _);
                    udp.SendTo(_now, _buffer.AsSpan(0, 2500), info.Length > 0 ? info.From : new IpEndpoint(Others[0], 9));
                    break;
                case PingSocket ping:
                    ping.Receive(_now, _buffer);
                    ping.ReceiveError(out _);
                    byte[] request = new byte[300];
                    int length = PingSocket.WriteRequest(request, ping.Family, 1, request.AsSpan(0, 200));
                    ping.SendTo(_now, request.AsSpan(0, length), new IpEndpoint(ping.Family is AddressFamily.AF_INET ? Others[0] : IpAddress.Parse("fd00::2"), 0));
                    break;
            }

            Drain();
        }

        while (_host.TryTakeReady(out _))
        {
        }

        // Connections that are over, and more than a few.
        _sockets.RemoveAll(s => s is TcpSocket { State: SimStack.Tcp.TcpState.Closed } tcp && Closed(tcp));
        while (_sockets.Count > 60)
        {
            _sockets[6].Close(_now);
            _sockets.RemoveAt(6);
        }
    }

    private bool Closed(TcpSocket socket)
    {
        socket.Close(_now);
        return true;
    }

    /// <summary>Takes what is sent and looks at it; what went over lo comes back.</summary>
    private void Drain()
    {
        foreach (NetworkInterface link in _host.Ip.Interfaces)
        {
            while (!link.IsLoopback && link.TryDequeue(out Frame? frame))
            {
                Assert.InRange(frame.Length, 14, 14 + 1500);
                byte[] packet = frame.Bytes[14..].ToArray();
                bool ip = frame.Bytes[12] != 8 || frame.Bytes[13] != 6;
                _pool.Return(frame);
                if (ip)
                {
                    CheckSent(packet);
                    _mix.Hear(packet);
                }
            }
        }

        while (_host.Loopback.TryDequeue(out Frame? frame))
        {
            _host.Receive(_now, _host.Loopback, frame.Bytes);
            _pool.Return(frame);
        }
    }

    private static void CheckSent(byte[] packet)
    {
        if (packet[0] >> 4 == 4)
        {
            Assert.True(Ipv4View.TryParse(packet, out Ipv4View v4, out _), Convert.ToHexString(packet));
            Assert.False(v4.Destination.IsUnspecified);
            CheckTransport(v4.Source, v4.Destination, v4.Protocol, v4.Payload, v4.IsFragment);
        }
        else
        {
            Assert.True(Ipv6View.TryParse(packet, out Ipv6View v6, out _), Convert.ToHexString(packet));
            Assert.False(v6.Destination.IsUnspecified || v6.Destination.IsLoopback);
            CheckTransport(v6.Source, v6.Destination, v6.Protocol, v6.Payload, v6.IsFragment);
        }
    }

    // Of what the host made itself: what it passes on may be as wrong as it came.
    private static void CheckTransport(IpAddress source, IpAddress destination, IpProtocol protocol, ReadOnlySpan<byte> bytes, bool fragment)
    {
        if (!Own.Contains(source) || fragment)
        {
            return;
        }

        // Nothing is said to many: a forged source must not make an amplifier.
        Assert.False(destination.IsV4 && (destination.IsMulticast || destination.V4 == uint.MaxValue || (destination.V4 & 0xFFFF_FEFF) == 0x0A00_00FF), $"{source} > {destination} {protocol}");
        ulong sum = protocol == IpProtocol.Icmp ? 0 : InternetChecksum.PseudoHeader(source, destination, protocol, bytes.Length);
        Assert.Equal(0, InternetChecksum.Fold(InternetChecksum.Sum(bytes, sum)));
    }

    private void CheckBounds()
    {
        Assert.InRange(_host.Ip.FragmentMemory, 0, 2 * ((4 << 20) + 70_000));
        Assert.InRange(_host.Ip.PathExceptionCount, 0, 4096);
        int waiting = 0;
        foreach (NetworkInterface link in _host.Ip.Interfaces)
        {
            Assert.InRange(link.Neighbours.Entries.Count, 0, NeighbourTable.MaxEntries);
            waiting += link.Neighbours.Entries.Sum(e => e.WaitingCount);
        }

        // Out are only frames that wait for a neighbour.
        Assert.Equal(waiting, _pool.Outstanding);
    }

    /// <summary>Each packet received is counted under exactly one outcome.</summary>
    private void CheckCounters()
    {
        Assert.Equal(
            this[SnmpCounter.IpInReceives],
            this[SnmpCounter.IpInHdrErrors] + this[SnmpCounter.IpExtInTruncatedPkts] + this[SnmpCounter.IpInAddrErrors]
            + this[SnmpCounter.TcpExtIPReversePathFilter] + this[SnmpCounter.IpExtInNoRoutes] + this[SnmpCounter.IpInDiscards]
            + this[SnmpCounter.IpForwDatagrams] + this[SnmpCounter.IpReasmReqds] - this[SnmpCounter.IpReasmOKs]
            + this[SnmpCounter.IpInDelivers] + this[SnmpCounter.IpInUnknownProtos]);

        // A refused fragment counts as a request for reassembly and as a header error.
        long v6 = this[SnmpCounter.Ip6InHdrErrors] + this[SnmpCounter.Ip6InTruncatedPkts] + this[SnmpCounter.Ip6InAddrErrors]
            + this[SnmpCounter.Ip6InNoRoutes] + this[SnmpCounter.Ip6InDiscards] + this[SnmpCounter.Ip6OutForwDatagrams]
            + this[SnmpCounter.Ip6ReasmReqds] - this[SnmpCounter.Ip6ReasmOKs] + this[SnmpCounter.Ip6InDelivers]
            + this[SnmpCounter.Ip6InUnknownProtos];
        Assert.InRange(v6 - this[SnmpCounter.Ip6InReceives], 0, Math.Min(this[SnmpCounter.Ip6InHdrErrors], this[SnmpCounter.Ip6ReasmReqds]));
        Assert.InRange(this[SnmpCounter.IpReasmOKs], 1, this[SnmpCounter.IpReasmReqds]);
        Assert.InRange(this[SnmpCounter.IpReasmFails], 1, this[SnmpCounter.IpReasmReqds]);
        Assert.InRange(this[SnmpCounter.IcmpOutMsgs], 100, Frames * 2);
        Assert.InRange(this[SnmpCounter.IpForwDatagrams], 100, Frames);
        Assert.InRange(this[SnmpCounter.Ip6OutForwDatagrams], 100, Frames);
        Assert.InRange(this[SnmpCounter.TcpExtOutOfWindowIcmps], 1, Frames);
    }

    /// <summary>Sockets closed, silence: what is left to do ends, and nothing is left.</summary>
    private void End()
    {
        foreach (HostSocket socket in _sockets)
        {
            socket.Close(_now);
        }

        Drain();
        for (int steps = 0; !_host.NextDeadline.IsNever; steps++)
        {
            Assert.True(steps < 100_000, $"still busy at {_now}");
            _now = Instant.Max(_now, _host.NextDeadline);
            _host.Advance(_now);
            Drain();
        }

        Assert.Equal(0, _pool.Outstanding);
        Assert.Equal(0, _host.Ip.IncompleteDatagrams);
        Assert.Equal(0, _host.Ip.FragmentMemory);
        Assert.Equal(0, _host.Tcp.Flows.Count);
    }
}
