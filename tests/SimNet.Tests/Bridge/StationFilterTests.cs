using System.Globalization;
using SimNet.Bridge;
using SimNet.Bridge.Native;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>What the filter of a station lets through, as libpcap's own interpreter runs it.</summary>
public unsafe class StationFilterTests
{
    private static readonly MacAddress Station = new(0x0250_0000_0001);
    private static readonly string[] Addresses = ["10.8.0.2", "10.8.0.200", "fd08::2", "fd08::1:2"];

    [Theory]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "10.8.0.2", true)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "10.8.0.200", true)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "10.8.0.3", false)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "fd08::2", true)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "fd08::1:2", true)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "fd08::3", false)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "fd08:0:0:1::2", false)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "arp", true)]
    [InlineData("02:50:00:00:00:01", "02:00:00:00:00:07", "other", false)]
    [InlineData("02:50:00:00:00:02", "02:00:00:00:00:07", "10.8.0.2", false)]
    [InlineData("02:51:00:00:00:01", "02:00:00:00:00:07", "arp", false)]
    [InlineData("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:07", "arp", true)]
    [InlineData("33:33:ff:00:00:02", "02:00:00:00:00:07", "ff02::1:ff00:2", true)]
    [InlineData("ff:ff:ff:ff:ff:ff", "02:50:00:00:00:01", "arp", false)]
    [InlineData("ff:ff:ff:ff:ff:ff", "02:50:00:00:00:02", "arp", true)]
    public void PicksWhatIsForTheStation(string to, string from, string what, bool taken) => Assert.Equal(taken, Runs(Addresses, Frame(to, from, what)));

    [Fact]
    public void WithoutAddressesEverythingForItsEthernetAddressComes()
    {
        Assert.True(Runs([], Frame("02:50:00:00:00:01", "02:00:00:00:00:07", "10.8.0.3")));
        Assert.True(Runs([], Frame("02:50:00:00:00:01", "02:00:00:00:00:07", "other")));
        Assert.False(Runs([], Frame("02:50:00:00:00:02", "02:00:00:00:00:07", "10.8.0.2")));
    }

    [Fact]
    public void ManyAddressesAreNoHindrance()
    {
        string[] many = [.. Enumerable.Range(0, 400).Select(i => string.Create(CultureInfo.InvariantCulture, $"10.{i >> 8}.{i & 255}.1"))];
        Assert.True(Runs(many, Frame("02:50:00:00:00:01", "02:00:00:00:00:07", "10.1.143.1")));
        Assert.False(Runs(many, Frame("02:50:00:00:00:01", "02:00:00:00:00:07", "10.1.144.1")));
    }

    private static bool Runs(string[] addresses, byte[] frame)
    {
        StationFilter.Instruction[] filter = StationFilter.Build(Station, [.. addresses.Select(IpAddress.Parse)], isPacketSocket: false);
        byte* header = stackalloc byte[24];
        *(uint*)(header + 16) = *(uint*)(header + 20) = (uint)frame.Length;
        fixed (StationFilter.Instruction* instructions = filter)
        fixed (byte* data = frame)
        {
            Pcap.Program program = new() { Count = (uint)filter.Length, Instructions = instructions };
            try
            {
                return Pcap.RunFilter(&program, header, data) != 0;
            }
            catch (DllNotFoundException)
            {
                Assert.Skip("missing tool: libpcap (Debian package libpcap0.8)");
                return false;
            }
        }
    }

    private static byte[] Frame(string to, string from, string what)
    {
        byte[] frame = new byte[60];
        Assert.True(MacAddress.TryParse(to, out MacAddress destination) & MacAddress.TryParse(from, out MacAddress source));
        bool isIp = IpAddress.TryParse(what, out IpAddress address);
        EtherType type = !isIp ? what == "arp" ? EtherType.Arp : (EtherType)0x88CC : address.IsV4 ? EtherType.Ipv4 : EtherType.Ipv6;
        EthernetWriter.Write(frame, destination, source, type);
        if (isIp)
        {
            address.WriteTo(frame.AsSpan(address.IsV4 ? 30 : 38));
        }

        return frame;
    }
}
