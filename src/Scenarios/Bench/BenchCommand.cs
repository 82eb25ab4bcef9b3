using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Scenarios.CommandLine;
using Scenarios.Commands;
using SimNet.Random;
using SimNet.Scripting.Yaml;
using SimStack;
using SimStack.Profiles;

namespace Scenarios.Bench;

/// <summary><c>sim bench bulk|lossy|handshakes|tap|fidelity</c></summary>
internal static class BenchCommand
{
    internal delegate bool Reader<T>(string text, out T value);

    public static Command Create(SimConsole console)
    {
        Command bench = new SimCommand(
            "bench",
            "Benchmarks of the stack and the network: wall time, packets per second, allocation, and a check of the payload.",
            "sim bench bulk",
            "sim bench lossy --algorithm bbr",
            "sim bench handshakes --count 200000")
        {
            Bulk(console),
            Lossy(console),
            Handshakes(console),
            TapCommand.Create(console),
            Fidelity.FidelityCommand.Create(console),
        };
        return bench;
    }

    private static Command Bulk(SimConsole console)
    {
        Option<long> bytes = Size("--bytes", "payload", "1GiB", 1);
        Option<DataRate> rate = Of<DataRate>("--rate", "of the link, each way", "1Gbit", Units.TryRate, Units.RateForm);
        Option<Duration> delay = Of<Duration>("--delay", "of the link, each way", "5ms", Units.TryDuration, Units.DurationForm);
        Option<long> buffer = Size("--buffer", "send and receive buffers, overhead not counted", "2MiB", 4096);
        Option<long> queue = Size("--queue", "of the link, each way", "6MB", 1514);
        Option<string?> pcap = new(
            "--pcap")
        { Description = "write what the server sees to this file: .pcapng, or .pcap", HelpName = "FILE" };
        Option<string> algorithm = Algorithm();
        Option<SysctlSetting[]> sysctl = Settings();
        Option<string?> json = JsonOption.Create("the figures");
        SimCommand command = new(
            "bulk", "One connection carries a payload; both applications copy and hash every byte.",
            "sim bench bulk --bytes 256MiB --pcap /tmp/bulk.pcapng")
        {
            bytes, rate, delay, buffer, queue, algorithm, sysctl, pcap, json,
        };
        command.SetAction(parsed => Report(
            new BulkBenchmark(
                parsed.GetValue(bytes), parsed.GetValue(rate), parsed.GetValue(delay),
                (int)Math.Min(parsed.GetValue(buffer), 1 << 29), parsed.GetValue(queue), parsed.GetValue(pcap))
            {
                Algorithm = parsed.GetValue(algorithm)!,
                Settings = parsed.GetValue(sysctl)!,
            }.RunWarm(),
            parsed.GetValue(json),
            console));
        return command;
    }

    private static Command Lossy(SimConsole console)
    {
        Option<long> bytes = Size("--bytes", "payload", "64MiB", 1);
        Option<Probability> loss = Of<Probability>("--loss", "of the link, each way", "1%", Units.TryProbability, Units.ProbabilityForm);
        Option<DataRate> rate = Of<DataRate>("--rate", "of the link, each way", "1Gbit", Units.TryRate, Units.RateForm);
        Option<Duration> delay = Of<Duration>("--delay", "of the link, each way", "5ms", Units.TryDuration, Units.DurationForm);
        Option<long> buffer = Size("--buffer", "send and receive buffers, overhead not counted", "2MiB", 4096);
        Option<long> queue = Size("--queue", "of the link, each way", "6MB", 1514);
        Option<string> algorithm = Algorithm();
        Option<SysctlSetting[]> sysctl = Settings(LossyBenchmark.Usual);
        Option<int> seeds = Whole("--seeds", "runs with seeds from 1 on; the one with the median time is reported", 5);
        Option<string?> json = JsonOption.Create("the figures");
        SimCommand command = new(
            "lossy", "As bulk, over a link that loses packets in both directions.",
            "sim bench lossy --sysctl sim.tcp_cubic_rfc9438=0")
        {
            bytes, loss, rate, delay, buffer, queue, algorithm, sysctl, seeds, json,
        };
        command.SetAction(parsed => Report(
            new LossyBenchmark(
                new BulkBenchmark(
                    parsed.GetValue(bytes), parsed.GetValue(rate), parsed.GetValue(delay),
                    (int)Math.Min(parsed.GetValue(buffer), 1 << 29), parsed.GetValue(queue), null)
                {
                    Loss = parsed.GetValue(loss),
                    Algorithm = parsed.GetValue(algorithm)!,
                    Settings = parsed.GetValue(sysctl)!,
                },
                parsed.GetValue(seeds)).RunWarm(),
            parsed.GetValue(json),
            console));
        return command;
    }

    private static Option<string> Algorithm()
    {
        Sysctls sysctls = new();
        sysctls.TryGet("net.ipv4.tcp_available_congestion_control", out string names);
        return Of("--algorithm", "congestion control of the sender", "cubic",
            (string text, out string value) => Sysctls.IsCongestionControl(value = text), names.Replace(" ", ", ", StringComparison.Ordinal));
    }

    internal static Option<SysctlSetting[]> Settings(params SysctlSetting[] usual) => new("--sysctl")
    {
        Description = "a setting of both hosts; may be repeated",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            List<SysctlSetting> settings = [];
            foreach (Token token in result.Tokens)
            {
                if (SysctlSetting.TryParse(token.Value, out SysctlSetting setting, out string? error))
                {
                    settings.Add(setting);
                }
                else
                {
                    result.AddError($"--sysctl: {error}");
                }
            }

            return [.. settings];
        },
    };

    private static Command Handshakes(SimConsole console)
    {
        Option<int> count = Whole("--count", "connections", 100_000);
        Option<int> workers = Whole("--workers", "connections at a time", 1);
        Option<Duration> delay = Of<Duration>("--delay", "of the link, each way", "5ms", Units.TryDuration, Units.DurationForm);
        Option<string?> json = JsonOption.Create("the figures");
        SimCommand command = new(
            "handshakes", "Connections are opened and closed, each through every state up to TIME-WAIT.",
            "sim bench handshakes --workers 10")
        {
            count, workers, delay, json,
        };
        command.SetAction(parsed => Report(
            new HandshakeBenchmark(parsed.GetValue(count), parsed.GetValue(workers), parsed.GetValue(delay)).RunWarm(),
            parsed.GetValue(json),
            console));
        return command;
    }

    private static int Report(BenchResult result, string? json, SimConsole console)
    {
        string machine = MachineSpeed.Describe();
        if (!JsonOption.Write(json, json is null ? "" : Document(result, machine), console))
        {
            result.Print(console.Output);
            console.Output.WriteLine("  " + machine);
        }

        return result.PayloadIntact ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private static string Document(BenchResult result, string machine) => JsonText.Of(new JsonObject
    {
        ["schema"] = 1,
        ["benchmark"] = result.Name,
        ["parameters"] = result.Parameters,
        ["wallSeconds"] = result.WallSeconds,
        ["simulatedSeconds"] = result.SimulatedSeconds,
        ["packets"] = result.Packets,
        ["packetsPerWallSecond"] = result.Packets / result.WallSeconds,
        ["bytes"] = result.Bytes,
        ["operations"] = result.Operations,
        ["allocatedBytesPerPacket"] = result.AllocatedPerPacket,
        ["payloadIntact"] = result.PayloadIntact,
        ["machine"] = machine,
    });

    internal static Option<long> Size(string name, string description, string standard, long least) =>
        Of(name, description, standard,
            (string text, out long value) => Units.TrySize(text, out value) && value >= least, Units.SizeForm);

    internal static Option<int> Whole(string name, string description, int standard) => Of(
        name,
        description,
        standard.ToString(CultureInfo.InvariantCulture),
        (string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0,
        "a whole number above 0");

    internal static Option<T> Of<T>(string name, string description, string standard, Reader<T> read, string form)
    {
        read(standard, out T initial);
        return new Option<T>(name)
        {
            Description = $"{description} (default {standard})",
            HelpName = "VALUE",
            DefaultValueFactory = _ => initial,
            CustomParser = result => Parse(result, name, read, form),
        };
    }

    private static T? Parse<T>(ArgumentResult result, string name, Reader<T> read, string form)
    {
        string text = result.Tokens[0].Value;
        if (read(text, out T value))
        {
            return value;
        }

        result.AddError($"{name} takes {form.Replace("`", "", StringComparison.Ordinal)}, not '{text}'");
        return default;
    }
}
