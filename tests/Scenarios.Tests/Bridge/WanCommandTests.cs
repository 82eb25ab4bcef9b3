using Scenarios.Bridge;
using SimNet.Links;
using SimNet.Scripting;
using SimNet.Scripting.Running;

namespace Scenarios.Tests.Bridge;

/// <summary>What `sim bridge wan` takes for a link, and what it says to what makes no sense; no device is made for either.</summary>
public class WanCommandTests
{
    [Theory]
    [InlineData("--between is missing: the two devices, like --between tapA tapB")]
    [InlineData("--between takes two devices, like --between tapA tapB, not 1", "--between", "tapA")]
    [InlineData("--between takes two devices, like --between tapA tapB, not 3", "--between", "tapA", "tapB", "tapC")]
    [InlineData("--between: `tapA` is named twice", "--between", "tapA", "tapA")]
    [InlineData("--between: `lab:tapA` is named twice", "--between", "lab:tapA", "lab:tapA")]
    [InlineData("--between: `tap/B` is not a device's name", "--between", "tapA", "tap/B")]
    [InlineData("--between: `:tapB` is not a device's name", "--between", "tapA", ":tapB")]
    [InlineData("--between: `a-name-of-sixteen` is not a device's name", "--between", "tapA", "a-name-of-sixteen")]
    [InlineData("--between: BRIDGE=NAME is for bridges of a --scenario", "--between", "tapA", "b=tapB")]
    [InlineData("--rate: `10Mb` has the unit `Mb`; right is a rate like", "--between", "tapA", "tapB", "--rate", "10Mb")]
    [InlineData("--delay: found `-5ms` where a duration like", "--between", "tapA", "tapB", "--delay", "-5ms")]
    [InlineData("--loss: gilbert-elliott: required key `r` is missing", "--between", "tapA", "tapB", "--loss", "p=1%")]
    [InlineData("--loss: this says nothing", "--between", "tapA", "tapB", "--loss", " ")]
    [InlineData("--queue: red: required key `max` is missing", "--between", "tapA", "tapB", "--queue", "red.min=3")]
    [InlineData("--queue: `packets` is said twice", "--between", "tapA", "tapB", "--queue", "packets=3,packets=4")]
    [InlineData("--queue: `packets` is said twice", "--between", "tapA", "tapB", "--queue", "packets=3,packets.more=4")]
    [InlineData("--queue: `=3` has no name", "--between", "tapA", "tapB", "--queue", "=3")]
    [InlineData("--a-to-b: unknown key `rat` in direction; did you mean `rate`?", "--between", "tapA", "tapB", "--a-to-b", "rat=1Mbit")]
    [InlineData("--device-mtu: `12` is not a number from 68 to 65521", "--between", "tapA", "tapB", "--device-mtu", "12")]
    [InlineData("--address: `tapA` is not DEVICE=ADDRESS/LENGTH, like tapA=10.0.0.1/24", "--between", "tapA", "tapB", "--address", "tapA")]
    [InlineData("--address: `tapA=10.0.0.1/33` is not DEVICE=ADDRESS/LENGTH", "--between", "tapA", "tapB", "--address", "tapA=10.0.0.1/33")]
    [InlineData("--address: there is no device `tapC` here; there are tapA, tapB", "--between", "tapA", "tapB", "--address", "tapC=10.0.0.1/24")]
    [InlineData("scenario `handshake` has no bridge; it takes two or more", "--scenario", "handshake")]
    [InlineData("--rate is for the link that there is without --scenario; write --set links[0].rate=…", "--scenario", "FILE", "--rate", "1Mbit")]
    [InlineData("no device for bridge `west`; write --between with one for each of west, east", "--scenario", "FILE")]
    [InlineData("--between: `tapC` is one device too many", "--scenario", "FILE", "--between", "tapA", "tapB", "tapC")]
    [InlineData("--between: the scenario has no bridge `eas`; did you mean `east`?", "--scenario", "FILE", "--between", "tapA", "eas=tapB")]
    [InlineData("devices: `tapB` is named twice", "--scenario", "FILE", "--between", "tapB")]
    public async Task MistakesAreOneLine(string line, params string[] args)
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "two.yaml");
        await File.WriteAllTextAsync(
            file, "name: two\nhosts: {}\nbridges: {west: {}, east: {device: tapB}}\nlinks:\n  - {between: [west, east]}\n", TestContext.Current.CancellationToken);
        string[] arguments = [.. args.Select(a => a == "FILE" ? file : a)];
        Sim.Result result = (await Sim.Run(["bridge", "wan", .. arguments, "--out", folder.Path])).Ended(2);
        Assert.StartsWith("sim bridge wan: " + line, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("rate", "10Mbit", "10Mbit")]
    [InlineData("loss", "1%", "1%")]
    [InlineData("loss", "p=1%,r=10%", "{gilbert-elliott: {p: 1%, r: 10%}}")]
    [InlineData("loss", "gilbert-elliott.p=1%,gilbert-elliott.r=10%", "{gilbert-elliott: {p: 1%, r: 10%}}")]
    [InlineData("loss", "{gilbert-elliott: {p: 1%, r: 10%}}", "{gilbert-elliott: {p: 1%, r: 10%}}")]
    [InlineData("queue", "100", "100")]
    [InlineData("queue", "codel", "{codel: {}}")]
    [InlineData("queue", "packets=100, codel", "{packets: 100, codel: {}}")]
    [InlineData("queue", "packets=100,codel.target=5ms,codel.ecn=false", "{packets: 100, codel: {target: 5ms, ecn: false}}")]
    [InlineData("jitter", "normal=1ms,reorders=true", "{normal: 1ms, reorders: true}")]
    [InlineData("rate", "1 \"} {", "\"1 \\\"} {\"")]
    [InlineData(null, "rate=2Mbit,loss.p=1%,loss.r=5%,queue.packets=9", "{rate: 2Mbit, loss: {gilbert-elliott: {p: 1%, r: 5%}}, queue: {packets: 9}}")]
    [InlineData(null, "delay=3ms", "{delay: 3ms}")]
    public void ASettingBecomesYaml(string? key, string text, string yaml) => Assert.Equal(yaml, SettingTree.Parse(text, key).ToYaml());

    [Fact]
    public void EveryEffectOfALinkCanBeSaid()
    {
        WanScript script = new("tapA", "lab:tapB");
        foreach ((string key, string text) in new[]
        {
            ("rate", "10Mbit"), ("delay", "30ms"), ("jitter", "pareto=2ms,reorders=true"), ("loss", "p=1%,r=10%,good=0.1%,bad=90%"),
            ("reorder", "probability=1%,delay=4ms"), ("duplicate", "2%"), ("corrupt", "0.3%"), ("mtu", "1400"),
            ("queue", "packets=50,bytes=64KiB,mark-above=20,red.min=5,red.max=15"), ("a->b", "rate=1Mbit,loss=3%"), ("b->a", "queue.codel.target=7ms"),
        })
        {
            script.Set(key, text, "--" + key);
        }

        using LiveScenario live = new(ScenarioScript.Parse(script.ToText(), WanScript.FileName));
        Assert.Equal(["tapA", "lab:tapB"], live.Definition.Bridges.Select(b => b.Device));
        LinkDirectionOptions there = live.Simulation.Links[0].AToB.Options, back = live.Simulation.Links[0].BToA.Options;
        Assert.Equal((1_000_000, 10_000_000), (there.Rate.BitsPerSecond, back.Rate.BitsPerSecond));
        Assert.Equal((30, 30), (there.Delay.TotalMilliseconds, back.Delay.TotalMilliseconds));
        Assert.Equal((JitterShape.Pareto, 2, true), (there.JitterShape, there.Jitter.TotalMilliseconds, there.AllowReordering));
        Assert.Null(there.BurstLoss);
        Assert.NotNull(back.BurstLoss);
        Assert.Equal((4, 1400, 50, 65_536L, 20), (back.ReorderDelay.TotalMilliseconds, back.Mtu, back.QueuePackets, back.QueueBytes, back.QueueMarkAbove));
        Assert.Equal((5, null), (there.QueueRed?.MinPackets, back.QueueRed));
        Assert.Equal((null, 7), (there.QueueCoDel, back.QueueCoDel?.Target.TotalMilliseconds));
        Assert.False(there.Duplicate.IsNever || back.Corrupt.IsNever || there.Reorder.IsNever);
    }
}
