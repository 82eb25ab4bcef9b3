using SimNet.Capture;
using SimNet.Links;
using SimNet.Observe;
using SimNet.Tests.Links;
using SimStack;
using Xunit;

namespace SimNet.Tests.Observe;

public class ObservationTests
{
    [Fact]
    public void ObserversComeGoAndAreCalledInOrder()
    {
        int changes = 0;
        ObservableSource<int> source = new(() => changes++);
        List<string> log = [];
        Assert.False(source.HasObservers);
        using IDisposable a = source.Subscribe(i => log.Add($"a{i}"));
        IDisposable b = source.Subscribe(i => log.Add($"b{i}"), () => log.Add("b done"));
        source.Publish(1);
        a.Dispose();
        a.Dispose();
        source.Publish(2);
        source.Complete();
        source.Publish(3);
        source.Subscribe(_ => log.Add("late"), () => log.Add("late done")).Dispose();
        b.Dispose();
        Assert.Equal(["a1", "b1", "b2", "b done", "late done"], log);
        Assert.False(source.HasObservers);
        Assert.Equal(4, changes);
    }

    [Fact]
    public void ALinkTellsEveryPacketsFate()
    {
        LinkFixture fixture = new(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(1) });
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop, 2));
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Duplicate(), 3));
        List<PacketEvent> here = [];
        List<PacketEvent> everywhere = [];
        fixture.Direction.Packets.Subscribe(here.Add);
        fixture.Simulation.Observe.Packets.Subscribe(everywhere.Add);
        fixture.Send(1);
        fixture.Send(2);
        fixture.Send(3);
        fixture.Simulation.Run();
        string[] expected =
        [
            "0.000000000 a>b Inbound Queued None None 0.001000000",
            "0.000000000 a>b Inbound Dropped FaultRule None never",
            "0.000000000 a>b Inbound Queued None Duplicated 0.001000000",
            "0.000000000 a>b Inbound Queued None Copy 0.001000000",
            "0.001000000 a>b Outbound Delivered None None never",
            "0.001000000 a>b Outbound Delivered None None never",
            "0.001000000 a>b Outbound Delivered None None never",
        ];
        Assert.Equal(expected, here.Select(p => $"{p.Time} {p.Point} {p.Direction} {p.Fate} {p.Reason} {p.Effects} {p.Due}"));
        Assert.Equal(here, everywhere);
        Assert.Equal(here[0].FrameId, here[4].FrameId);
        Assert.Equal(here[2].FrameId, here[5].FrameId);
        Assert.Equal(here[3].FrameId, here[6].FrameId);
        Assert.Equal(fixture.Arrivals[0].Bytes, here[0].Bytes.ToArray());
    }

    [Fact]
    public void SinksSeeBytesAndWhatTheLinkDoes()
    {
        LinkFixture fixture = new(new LinkDirectionOptions());
        fixture.Direction.AddRule(new NthMatchRule(new FrameMatch(), FaultAction.Drop, 2));
        Sink sink = new();
        IDisposable attachment = fixture.Direction.Tap.Attach(sink);
        fixture.Send(1);
        fixture.Send(2);
        fixture.Simulation.Run();
        attachment.Dispose();
        fixture.Send(3);
        Assert.Equal(["Inbound 100 ", "Inbound 100 dropped by link: fault rule", "Outbound 100 "], sink.Log);
    }

    private sealed class Sink : PacketSink
    {
        public List<string> Log { get; } = [];

        public override void OnFrame(
            Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment) =>
            Log.Add($"{direction} {frame.Length} {comment}");
    }
}
