using SimNet.Devices;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Devices;

/// <summary>A switch between ports that note what arrives.</summary>
public class SwitchTests
{
    private static readonly MacAddress A = new(0x0200_0000_000A);
    private static readonly MacAddress B = new(0x0200_0000_000B);
    private static readonly MacAddress C = new(0x0200_0000_000C);

    [Fact]
    public void UnknownAndGroupsAreFloodedKnownAreNot()
    {
        Network net = new();
        net.Send(0, A, B);
        net.Send(1, B, A);
        net.Send(0, A, B);
        net.Send(2, C, MacAddress.Broadcast);
        net.Send(2, C, new MacAddress(0x0100_5E00_0001));
        Assert.Equal(["1:AB 2:AB", "0:BA", "1:AB", "0:C* 1:C*", "0:C* 1:C*"], net.Log);
        Assert.Equal((5, 2, 3, 3), (net.Count.Received, net.Count.Forwarded, net.Count.Flooded, net.Count.Copies));
        Assert.Equal([(B, "port2"), (A, "port1"), (C, "port3")], net.Switch.GetTable().Select(e => (e.Address, e.Port.ShortName)));
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void ACopyIsTheSameFrameOnAnotherWay()
    {
        Network net = new();
        List<PacketEvent> seen = [];
        foreach (SwitchPort port in net.Switch.Ports)
        {
            port.Packets.Subscribe(seen.Add);
        }

        net.Send(0, A, MacAddress.Broadcast);
        Assert.Equal(["sw1.port1 Inbound Delivered", "sw1.port2 Outbound Sent", "sw1.port3 Outbound Sent"], seen.Select(p => $"{p.Point} {p.Direction} {p.Fate}"));
        Assert.Single(seen.Select(p => p.FrameId).Distinct());
        Assert.All(seen, p => Assert.Equal(seen[0].Bytes.ToArray(), p.Bytes.ToArray()));
    }

    [Fact]
    public void AStationThatMovesIsFoundAgain()
    {
        Network net = new();
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(2, A, MacAddress.Broadcast);
        net.Send(1, B, A);
        Assert.Equal("2:BA", net.Log[2]);
        Assert.Equal(1, net.Switch.Moved);
    }

    [Fact]
    public void NothingGoesBackToWhereItCameFrom()
    {
        Network net = new();
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(0, B, A);
        Assert.Equal("", net.Log[1]);
        Assert.Equal(1, net.Count.Filtered);
    }

    [Fact]
    public void FramesThatABridgeKeepsAreDropped()
    {
        Network net = new();
        net.Send(0, MacAddress.Broadcast, B);
        net.Send(0, MacAddress.Zero, B);
        net.Send(0, A, new MacAddress(0x0180_C200_0000));
        net.Send(0, A, new MacAddress(0x0180_C200_000F));
        net.Send(0, A, new MacAddress(0x0180_C200_0010));
        net.SendBytes(0, new byte[13]);
        Assert.Equal(["", "", "", "", "1:A* 2:A*", ""], net.Log);
        Assert.Equal((2, 2, 1), (net.Count.BadSource, net.Count.Reserved, net.Count.TooShort));
        Assert.Equal(A, Assert.Single(net.Switch.GetTable()).Address);
        Assert.Equal(0, net.Simulation.FramePool.Outstanding);
    }

    [Fact]
    public void AddressesAge()
    {
        Network net = new(new SwitchOptions { Name = "sw1", Ports = 3, Ageing = Duration.FromSeconds(10) });
        net.Send(0, A, MacAddress.Broadcast);
        net.Simulation.RunUntil(Instant.Zero + Duration.FromMilliseconds(9_999));
        net.Send(1, B, A);
        net.Simulation.RunUntil(Instant.Zero + Duration.FromSeconds(10));
        net.Send(1, B, A);
        Assert.Equal(["0:BA", "0:BA 2:BA"], net.Log[1..]);
        Assert.Equal(1, net.Switch.Aged);
        // Being spoken to keeps no entry alive, speaking does.
        Assert.Equal(B, Assert.Single(net.Switch.GetTable()).Address);
    }

    [Fact]
    public void AFullTableForgetsTheOldest()
    {
        Network net = new(new SwitchOptions { Name = "sw1", Ports = 3, TableSize = 2 });
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(1, B, MacAddress.Broadcast);
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(2, C, MacAddress.Broadcast);
        Assert.Equal([A, C], net.Switch.GetTable().Select(e => e.Address));
        Assert.Equal(1, net.Switch.Evicted);
    }

    [Fact]
    public void AFloodOfSourcesFillsNoMoreThanTheTable()
    {
        Network net = new(new SwitchOptions { Name = "sw1", Ports = 3, TableSize = 100 });
        for (uint i = 1; i <= 10_000; i++)
        {
            net.Send(0, new MacAddress(0x0200_0000_0000UL + i), MacAddress.Broadcast);
        }

        Assert.Equal(100, net.Switch.GetTable().Count);
        Assert.Equal((10_000, 9_900), (net.Switch.Learned, net.Switch.Evicted));
    }

    [Fact]
    public void APortThatGoesDownIsForgotten()
    {
        Network net = new();
        net.Send(0, A, MacAddress.Broadcast);
        net.Switch.Ports[0].SetUp(false);
        net.Send(1, B, A);
        net.Send(0, A, B);
        net.Switch.Ports[0].SetUp(true);
        net.Send(1, B, A);
        Assert.Equal(["2:BA", "", "0:BA 2:BA"], net.Log[1..]);
        Assert.Equal(1, net.Count.PortDown);
    }

    [Fact]
    public void ALinkWithCarrierTakesItsPortDown()
    {
        Network net = new(carrier: true);
        net.Send(0, A, MacAddress.Broadcast);
        net.Links[0].SetUp(false);
        Assert.False(net.Switch.Ports[0].IsUp);
        Assert.Empty(net.Switch.GetTable());
        net.Links[0].SetUp(true);
        Assert.True(net.Switch.Ports[0].IsUp);
    }

    [Fact]
    public void TheForwardingDelayPassesAndKeepsTheOrder()
    {
        Network net = new(new SwitchOptions { Name = "sw1", Ports = 3, ForwardingDelay = Duration.FromMicroseconds(7) });
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(1, B, A);
        net.Send(1, B, A);
        Assert.Equal(["7000", "14000", "21000"], net.Times);
    }

    [Fact]
    public void ForwardingAllocatesNothing()
    {
        Network net = new() { Quiet = true };
        net.Send(0, A, MacAddress.Broadcast);
        net.Send(1, B, A);
        long Round()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 2000; i++)
            {
                net.SendOnly(0, A, B);
                net.SendOnly(1, B, MacAddress.Broadcast);
                net.Simulation.Run();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Round();
        Assert.Equal(0, Round());
    }

    private sealed class Network
    {
        private readonly List<Station> _stations = [];
        private readonly List<string> _arrivals = [];

        public Network(SwitchOptions? options = null, bool carrier = false)
        {
            Switch = Simulation.AddSwitch(options ?? new SwitchOptions { Name = "sw1", Ports = 3 });
            foreach (SwitchPort port in Switch.Ports)
            {
                Station station = new(this, _stations.Count);
                _stations.Add(station);
                Links.Add(Simulation.AddLink(station, port, new LinkOptions { HasCarrier = carrier }));
            }
        }

        public Simulation Simulation { get; } = new();

        public Switch Switch { get; }

        public SwitchCounters Count => Switch.Counters;

        public List<Link> Links { get; } = [];

        /// <summary>For each frame sent: where it arrived, from whom to whom.</summary>
        public List<string> Log { get; } = [];

        public List<string> Times { get; } = [];

        public bool Quiet { get; init; }

        public void Send(int station, MacAddress from, MacAddress to)
        {
            byte[] bytes = new byte[60];
            EthernetWriter.Write(bytes, to, from, EtherType.Ipv4);
            SendBytes(station, bytes);
        }

        public void SendBytes(int station, byte[] bytes)
        {
            _arrivals.Clear();
            _stations[station].Outgoing!.Send(Simulation.Now, Simulation.FramePool.Copy(bytes));
            Simulation.Run();
            Log.Add(string.Join(' ', _arrivals.Order()));
            Times.Add(Simulation.Now.Nanoseconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        public void SendOnly(int station, MacAddress from, MacAddress to)
        {
            Frame frame = Simulation.FramePool.Rent(60);
            EthernetWriter.Write(frame.Bytes, to, from, EtherType.Ipv4);
            _stations[station].Outgoing!.Send(Simulation.Now, frame);
        }

        private static string Letter(MacAddress address) => address.IsGroup ? "*" : ((char)('A' + ((int)address.Value & 0xF) - 10)).ToString();

        private sealed class Station(Network net, int number) : LinkPort
        {
            public override string Name => $"station{number}";

            protected internal override void Arrive(Instant now, Frame frame)
            {
                if (!net.Quiet)
                {
                    net._arrivals.Add($"{number}:{Letter(MacAddress.Read(frame.Bytes[6..]))}{Letter(MacAddress.Read(frame.Bytes))}");
                }

                net.Simulation.FramePool.Return(frame);
            }
        }
    }
}
