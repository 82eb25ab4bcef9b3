using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Packetdrill.Matching;

public class PacketComparerTests
{
    [Theory]
    // The script's line, the packet that was sent, and what differs.
    [InlineData("> P. 1:101(100) ack 5", "> P. 1:101(100) ack 5 win 77", null)]
    [InlineData("> P. 1:101(100) ack 5 win 77", "> P. 1:101(100) ack 5 win 78", "window")]
    [InlineData("> . 1:101(100) ack 5", "> P. 1:101(100) ack 5 win 1", "flags")]
    [InlineData("> E. 1:101(100) ack 5", "> . 1:101(100) ack 5 win 1", "flags")]
    [InlineData("> W. 1:101(100) ack 5", "> EW. 1:101(100) ack 5 win 1", "flags")]
    [InlineData("> SEWA 0:0(0)", "> SEW 0:0(0) win 1", "flags")]
    [InlineData("> .5 1:101(100) ack 5", "> .5 1:101(100) ack 5 win 1", null)]
    [InlineData("> .5 1:101(100) ack 5", "> .4 1:101(100) ack 5 win 1", "ACE")]
    [InlineData("> .5 1:101(100) ack 5", "> AE. 1:101(100) ack 5 win 1", null)]
    [InlineData("> . 1:1(0) ack 5 urg 3", "> . 1:1(0) ack 5 win 1 urg 4", "urgent pointer")]
    [InlineData("> R 1:1(0)", "> R. 1:1(0) ack 1 win 1", "flags")]
    [InlineData("> R. 1:1(0)", "> R. 1:1(0) ack 7 win 1", "ack")]
    [InlineData("> . 1:1(0) ack 5 <nop,nop,sack 9:10>", "> . 1:1(0) ack 5 win 1 <nop,nop,sack 9:10>", null)]
    [InlineData("> . 1:1(0) ack 5 <nop,nop,sack 9:10>", "> . 1:1(0) ack 5 win 1 <sack 9:10,nop,nop>", "options")]
    [InlineData("> . 1:1(0) ack 5 <nop,nop,sack 9:10>", "> . 1:1(0) ack 5 win 1 <nop,nop,sack 9:11>", "sack")]
    [InlineData("> . 1:1(0) ack 5 <nop,nop,sack 9:10>", "> . 1:1(0) ack 5 win 1 <nop,nop,sack 9:10 12:13>", "sack")]
    [InlineData("> . 1:1(0) ack 5 <nop,nop,sack 9:10>", "> . 1:1(0) ack 5 win 1", "options")]
    [InlineData("> . 1:1(0) ack 5", "> . 1:1(0) ack 5 win 1 <nop,nop,sack 9:10>", "options")]
    [InlineData("> . 1:1(0) ack 5 <...>", "> . 1:1(0) ack 5 win 1 <nop,nop,sack 9:10>", null)]
    [InlineData("> S 0:0(0) <mss 1460,FO 0123456789abcdef,nop,nop>", "> S 0:0(0) win 1 <mss 1460,FO 0123456789abcdee,nop,nop>", "FO")]
    [InlineData("> S 0:0(0) <mss 1460,FOEXP,nop,nop,nop,nop>", "> S 0:0(0) win 1 <mss 1460,FOEXP 01234567>", "FOEXP")]
    [InlineData("> S 0:0(0) <nop,nop,TS val 1 ecr 2>", "> S 0:0(0) win 1 <nop,nop,TS val 3 ecr 4>", null)]
    [InlineData("> S 0:0(0) <nop,nop,md5 00112233445566778899aabbccddeeff>", "> S 0:0(0) win 1 <nop,nop,md5 00112233445566778899aabbccddeefe>", "md5")]
    [InlineData("> [ect01] . 1:1(0) ack 5", "> [ect1] . 1:1(0) ack 5 win 1", null)]
    [InlineData("> [ect01] . 1:1(0) ack 5", "> [ce] . 1:1(0) ack 5 win 1", "ECN")]
    [InlineData("> [noecn] . 1:1(0) ack 5", "> [ect0] . 1:1(0) ack 5 win 1", "ECN")]
    [InlineData("> . 1:1(0) ack 5", "> [ect0] . 1:1(0) ack 5 win 1", null)]
    [InlineData("> [tos 0x10] . 1:1(0) ack 5", "> [tos 0x12] . 1:1(0) ack 5 win 1", "TOS")]
    [InlineData("> [ce] . 1:1(0) ack 5", "> [tos 0x13] . 1:1(0) ack 5 win 1", null)]
    [InlineData("> udp (5)", "> udp (6)", "length")]
    [InlineData("> udp (5)", "> . 1:1(0) ack 5 win 1", "protocol, UDP not TCP")]
    public void What_the_script_says_is_compared_and_nothing_else(string script, string sent, string? difference)
    {
        ScriptPacket expected = Make(script, isV6: false);
        PacketImage actual = OnTheWire(Make(sent, isV6: false).Image);
        Assert.Equal(difference, PacketComparer.Compare(expected, actual, new SocketUnderTest { Protocol = IpProtocol.Tcp }, null));
    }

    [Fact]
    public void A_payload_that_is_not_zero_is_told()
    {
        PacketImage actual = Make("> . 1:3(2) ack 5", isV6: false).Image;
        actual.Payload = new byte[] { 0, 1 };
        Assert.Equal("data", PacketComparer.Compare(Make("> . 1:3(2) ack 5", isV6: false), actual, new SocketUnderTest { Protocol = IpProtocol.Tcp }, null));
    }

    [Fact]
    public void Flow_labels_stand_for_what_the_first_packet_has()
    {
        var socket = new SocketUnderTest { Protocol = IpProtocol.Tcp };
        Assert.Equal("flow label, the packet has none", Compare(0x1, 0));
        Assert.Null(Compare(0x1, 0x777));
        Assert.Null(Compare(0x1, 0x777));
        Assert.Equal("flow label, it changed", Compare(0x1, 0x778));
        Assert.Equal("flow label, it did not change", Compare(0x2, 0x777));
        Assert.Null(Compare(0x2, 0x778));
        Assert.Equal("flow label, it changed", Compare(0x2, 0x777));

        string? Compare(uint script, uint live)
        {
            PacketImage actual = OnTheWire(Make("> . 1:1(0) ack 5 win 1", isV6: true).Image);
            actual.FlowLabel = live;
            return PacketComparer.Compare(Make($"> [flowlabel 0x{script:x}] . 1:1(0) ack 5", isV6: true), actual, socket, null);
        }
    }

    [Theory]
    [InlineData("> . 1:101(100) ack 5 win 7", "> P. 101:151(50) ack 5 win 7", null)]
    [InlineData("> . 1:101(100) ack 5 win 7", "> FP. 101:151(50) ack 5 win 7", null)]
    [InlineData("> W. 1:101(100) ack 5 win 7", "> . 101:151(50) ack 5 win 7", null)]
    [InlineData("> . 1:101(100) ack 5 win 7", "> E. 101:151(50) ack 5 win 7", "flags")]
    [InlineData("> . 1:101(100) ack 5 win 7", "> . 102:152(50) ack 5 win 7", "sequence number")]
    [InlineData("> . 1:101(100) ack 5 win 7", "> . 101:151(50) ack 6 win 7", "ack")]
    [InlineData("> . 1:101(100) ack 5 win 7", "> . 101:151(50) ack 5 win 8", "window")]
    [InlineData("> . 1:101(100) ack 5 win 7", "> . 101:151(50) ack 5 win 7 <nop,nop,TS val 1 ecr 1>", "length of options")]
    [InlineData("> . 1:101(100) ack 5 win 7", "> [ttl 9] . 101:151(50) ack 5 win 7", "TTL")]
    public void Parts_of_a_line_are_alike_but_for_their_ends(string previous, string next, string? difference) =>
        Assert.Equal(difference, PacketComparer.CompareContinuation(Make(previous, isV6: false).Image, Make(next, isV6: false).Image));

    private static PacketImage OnTheWire(PacketImage image)
    {
        (image.Source, image.Destination) = image.IsV6
            ? (SimStack.Ip.IpAddress.LoopbackV6, SimStack.Ip.IpAddress.LoopbackV6)
            : (SimStack.Ip.IpAddress.LoopbackV4, SimStack.Ip.IpAddress.LoopbackV4);
        (image.SourcePort, image.DestinationPort) = (1, 2);
        PacketImage? parsed = PacketImage.Parse(image.ToBytes());
        Assert.NotNull(parsed);
        return parsed;
    }

    private static ScriptPacket Make(string line, bool isV6)
    {
        PacketdrillScript script = PacketdrillParser.Parse($"0 {line}\n", "t.pkt", new Dictionary<string, string>());
        ScriptPacket? packet = ScriptPacket.Make(((PacketEvent)script.Events[0]).Packet, isV6, out PacketRefusal? refusal);
        Assert.Null(refusal);
        return packet!;
    }
}
