using SimNet.Scripting.Comparison;
using SimNet.Scripting.Packetdrill.Recording;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Packetdrill.Recording;

public class ArrivalTrackerTests
{
    /// <summary>Segments as first byte and length, F for a FIN at their end; and what can be read after each.</summary>
    [Theory]
    [InlineData("1+100 101+50", "100 50")]
    [InlineData("1+100 201+50 101+100", "100 0 150")]
    [InlineData("1+100 1+100 51+100", "100 0 50")]
    [InlineData("301+10 201+100 1+100 101+100", "0 0 100 210")]
    [InlineData("1+100 1+300F", "100 200E")]
    [InlineData("101+100F 1+100", "0 200E")]
    [InlineData("1+0F 1+0F", "0E 0")]
    [InlineData("0+1 1+5", "0 5")]
    public void DataIsThereInOrderAndOnce(string segments, string readable)
    {
        var tracker = new ArrivalTracker();
        var taken = new List<string>();
        foreach (string segment in segments.Split(' '))
        {
            bool fin = segment.EndsWith('F');
            string[] numbers = segment.TrimEnd('F').Split('+');
            var facts = new PacketFacts
            {
                Kind = PacketKind.Tcp,
                RelativeSeq = long.Parse(numbers[0], null),
                Length = int.Parse(numbers[1], null),
                Flags = fin ? TcpFlags.Fin | TcpFlags.Ack : TcpFlags.Ack,
            };
            tracker.Add(new RecordedPacket(facts, [], Outbound: false));
            taken.Add($"{tracker.TakeAvailable()}{(tracker.TakeEnd() ? "E" : "")}");
        }

        Assert.Equal(readable, string.Join(' ', taken));
    }

    [Fact]
    public void AShortReadLeavesTheRest()
    {
        var tracker = new ArrivalTracker();
        tracker.Add(new RecordedPacket(new PacketFacts { Kind = PacketKind.Tcp, RelativeSeq = 1, Length = 30, Flags = TcpFlags.Fin }, [], Outbound: false));
        Assert.Equal(20, tracker.TakeAvailable(20));
        Assert.False(tracker.TakeEnd());
        Assert.Equal(10, tracker.TakeAvailable(20));
        Assert.True(tracker.TakeEnd());
    }
}
