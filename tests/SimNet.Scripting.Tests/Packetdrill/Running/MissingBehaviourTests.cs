using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;

namespace SimNet.Scripting.Tests.Packetdrill.Running;

/// <summary>A line that does not hold names what the stack lacks of what the script had come to, and nothing where that is not known.</summary>
public class MissingBehaviourTests
{
    private const string Listening = """
        0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
        +0 bind(3, ..., ...) = 0
        +0 listen(3, 5) = 0

        """;

    private const string Connected = Listening + """
        +0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop>
        +0 > S. 0:0(0) ack 1 <...>
        +.05 < . 1:1(0) ack 1 win 32792
        +0 accept(3, ..., ...) = 4
        +0 write(4, ..., 5000) = 5000
        +0 > P. 1:5001(5000) ack 1

        """;

    [Theory]
    [InlineData(Listening, "+0 < S 0:10(10) win 9000 <mss 1000>\n+0 > S. 0:0(0) ack 11 <...>", null)]
    [InlineData(Connected, "+.05 < . 1:1(0) ack 1 win 32792 <sack 1001:2001,nop,nop>\n+0 > . 9:10(1) ack 1", "loss recovery by SACK (RACK, PRR)")]
    [InlineData(Connected, "* > P. 4001:5001(1000) ack 1\n* > . 9:10(1) ack 1", "CUBIC")]
    [InlineData(Connected, "+.05 < . 1:1(0) ack 5001 win 32792\n+0 > . 9:10(1) ack 1", null)]
    // What a call returns is none of the congestion control's business, nor is a SYN-ACK that went again.
    [InlineData(Connected, "+0 read(4, ..., 10) = 10", null)]
    [InlineData(Listening, "+0 < S 0:0(0) win 9000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <...>\n+1 > S. 0:0(0) ack 1 <...>\n+.1 < . 1:1(0) ack 1 win 9000\n+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 10) = 10\n+0 > . 1:11(10) ack 1", null)]
    public void The_line_that_does_not_hold_names_what_is_missing(string start, string end, string? missing)
    {
        PacketdrillResult result = PacketdrillRunner.Run(start + end + "\n", "x.pkt");
        Assert.NotNull(result.Failure);
        Assert.True(missing == result.Failure.MissingBehaviour, result.Failure.ToString());
        Assert.Null(result.Failure.UnsupportedFeature);
        Assert.Equal(missing is not null, result.Failure.Message.EndsWith($"({missing} is not supported yet)", StringComparison.Ordinal));
    }
}
