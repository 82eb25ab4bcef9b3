using System.CommandLine;
using System.Text.Json.Nodes;
using Scenarios.CommandLine;
using Scenarios.Commands;
using SimNet.Bridge;
using SimNet.Scripting.Yaml;
using SimStack;

namespace Scenarios.Bench;

/// <summary><c>sim bench tap</c></summary>
internal static class TapCommand
{
    private static readonly string[] Directions = ["kernel-sends", "stack-sends", "both"];

    public static Command Create(SimConsole console)
    {
        Option<long> bytes = BenchCommand.Size("--bytes", "payload", "4GiB", 1);
        Option<long> buffer = BenchCommand.Size("--buffer", "send and receive buffers of both ends", "768KiB", 4096);
        Option<string> direction = BenchCommand.Of(
            "--direction", "who sends", "both",
            (string text, out string value) => Directions.Contains(value = text), "kernel-sends, stack-sends or both");
        Option<int> batch = BenchCommand.Whole("--batch", "frames read before the simulation runs", 128);
        Option<Duration> spin = BenchCommand.Of<Duration>(
            "--spin", "how long to look for frames before sleeping", "0ms", Units.TryDuration, Units.DurationForm);
        Option<bool> offload = new("--offload") { Description = "segmentation and checksum offload both ways (IFF_VNET_HDR)" };
        Option<bool> single = new("--no-port-offload") { Description = "the stack works on every segment by itself" };
        Option<bool> napi = new("--no-threaded-napi") { Description = "the kernel receives within the calls that write frames, not on a thread of its own" };
        Option<string?> json = JsonOption.Create("the figures");
        SimCommand command = new(
            "tap", "A connection between a simulated host and this machine's kernel over a TAP device; takes root.",
            "sim bench tap --bytes 1GiB --direction kernel-sends")
        {
            bytes, direction, buffer, offload, single, napi, batch, spin, json,
        };
        command.SetAction(parsed =>
        {
            TapBenchmark benchmark = new(
                parsed.GetValue(bytes),
                (int)Math.Min(parsed.GetValue(buffer), 1 << 29),
                new TapOptions { Offload = parsed.GetValue(offload), ThreadedNapi = !parsed.GetValue(napi) },
                new BridgeOptions { Batch = parsed.GetValue(batch), Spin = parsed.GetValue(spin) })
            {
                PortOffload = !parsed.GetValue(single),
            };
            return Run(benchmark, parsed.GetValue(direction)!, parsed.GetValue(json), console);
        });
        return command;
    }

    private static int Run(TapBenchmark benchmark, string direction, string? json, SimConsole console)
    {
        List<TapResult> results = [];
        try
        {
            if (direction != Directions[1])
            {
                results.Add(benchmark.RunWarm(TapDirection.KernelSends));
            }

            if (direction != Directions[0])
            {
                results.Add(benchmark.RunWarm(TapDirection.StackSends));
            }
        }
        catch (BridgeException refused)
        {
            throw new SimException(ExitStatus.EnvironmentRefused, $"sim bench tap: {refused.Message}", refused);
        }

        string machine = MachineSpeed.Describe();
        var limits = TapLimits.Measure(benchmark.Bytes, benchmark.Buffer);
        JsonObject document = new()
        {
            ["schema"] = 1,
            ["benchmark"] = "tap",
            ["machine"] = machine,
            ["limits"] = limits.ToJson(),
            ["results"] = new JsonArray([.. results.Select(result => result.ToJson())]),
        };
        if (!JsonOption.Write(json, JsonText.Of(document), console))
        {
            results.ForEach(result => result.Print(console.Output));
            limits.Print(console.Output);
            console.Output.WriteLine("  " + machine);
        }

        return results.TrueForAll(result => result.PayloadIntact) ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }
}
