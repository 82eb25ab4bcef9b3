using SimNet.Scripting.Packetdrill.Recording;

namespace SimNet.Scripting.Tests.Packetdrill.Recording;

public class CaptureSideTests
{
    [Theory]
    [InlineData("four-segment-close")]
    [InlineData("lost-syn")]
    [InlineData("lost-syn-ack")]
    [InlineData("half-close")]
    [InlineData("simultaneous-close")]
    [InlineData("closed-port")]
    [InlineData("backlog-2-six-connects")]
    public void TheSideThatAnswersAtOnceIsTheCapturesOwn(string name)
    {
        foreach (string side in (string[])["client", "server"])
        {
            var connections = CapturedConnections.Read(SharedFolder.NeedCapture($"{name}.{side}.pcap"));
            Assert.Equal(side, connections.Take(1, null).Side.ToString().ToLowerInvariant());
        }
    }
}
