using System.CommandLine;
using System.Globalization;
using Scenarios.CommandLine;
using SimNet.Capture;
using SimNet.Scripting.Comparison;
using SimNet.Scripting.Yaml;

namespace Scenarios.Commands;

/// <summary><c>sim diff A B</c></summary>
internal sealed class DiffCommand
{
    private readonly Argument<string[]> _files = new("A B")
    {
        Description = "two captures, pcap or pcapng, whoever made them",
        HelpName = "A B",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<TimeTolerance> _times = new("--times")
    {
        Description = "how far intervals may be apart, the larger of both; default: 5ms,3%",
        HelpName = "5ms,3%",
        DefaultValueFactory = _ => TimeTolerance.Default,
        CustomParser = result =>
        {
            if (!TimeTolerance.TryParse(result.Tokens[0].Value, out TimeTolerance tolerance))
            {
                result.AddError($"--times: `{result.Tokens[0].Value}` is not a tolerance like 5ms,3% or 10ms");
            }

            return tolerance;
        },
    };

    private static readonly string[] Options = ["--times", "--windows", "--ignore", "--also", "--json", "--help"];

    private readonly Option<bool> _windows = new("--windows") { Description = "compare the windows of all segments, not only of the handshake" };
    private readonly Option<ComparisonFields[]> _ignore = Fields("--ignore", "do not compare these: " + string.Join(", ", ComparisonFields.Names));
    private readonly Option<ComparisonFields[]> _also = Fields("--also", "compare these too: id, flow-label, arp");
    private readonly Option<string?> _json = JsonOption.Create("the differences");

    /// <summary>The command.</summary>
    public static Command Create(SimConsole console) => new DiffCommand().Build(console);

    private SimCommand Build(SimConsole console)
    {
        var command = new SimCommand(
            "diff",
            "Compares two captures, conversation by conversation, and names the first difference.",
            "sim diff handshake.pcapng recorded.pcap",
            "sim diff a.pcap b.pcap --times 10ms,5% --windows",
            "sim diff a.pcap b.pcap --ignore psh,ttl")
        {
            _files, _times, _windows, _ignore, _also, _json,
        };
        command.SetAction(parsed => Compare(parsed, console));
        return command;
    }

    private static Option<ComparisonFields[]> Fields(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FIELD,…",
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result => [.. result.Tokens.Select(token =>
        {
            if (!ComparisonFields.TryParse(token.Value, out ComparisonFields fields, out string error))
            {
                result.AddError($"{name}: {error}");
            }

            return fields;
        })],
    };

    private int Compare(ParseResult parsed, SimConsole console)
    {
        ComparisonFields ignored = Union(parsed.GetValue(_ignore));
        List<string> files = [.. parsed.GetRequiredValue(_files)];
        ignored = ignored.Union(TakeFields(files, ignored != ComparisonFields.None));
        if (files.Find(f => f.StartsWith("--", StringComparison.Ordinal) && !File.Exists(f)) is { } option)
        {
            throw SimException.BadRequest($"sim diff: unknown option `{option}`" + Suggestions.For(option, Options, "options"));
        }

        if (files.Count != 2)
        {
            throw SimException.BadRequest(files.Count < 2
                ? "sim diff: the second capture is missing; an example: sim diff handshake.pcapng recorded.pcap"
                : $"sim diff: `{files[2]}` is one word too many; an example: sim diff handshake.pcapng recorded.pcap");
        }

        CaptureContent a = Read(files[0]);
        CaptureContent b = Read(files[1]);
        ComparisonResult result = CaptureComparison.Compare(a, b, new ComparisonOptions
        {
            Tolerance = parsed.GetValue(_times),
            AllWindows = parsed.GetValue(_windows),
            Fields = ComparisonFields.Default.Union(Union(parsed.GetValue(_also))).Except(ignored),
        });
        if (!JsonOption.Write(parsed.GetValue(_json), JsonText.Of(ComparisonJson.Of(result)), console))
        {
            Print(result, console);
        }

        return result.AreAlike ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    /// <summary>After <c>--ignore psh ttl A B</c> the second field stands among the files.</summary>
    private static ComparisonFields TakeFields(List<string> words, bool mayTake)
    {
        ComparisonFields taken = ComparisonFields.None;
        for (int i = 0; mayTake && words.Count > 2 && i < words.Count;)
        {
            if (!File.Exists(words[i]) && ComparisonFields.TryParse(words[i], out ComparisonFields fields, out _))
            {
                taken = taken.Union(fields);
                words.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }

        return taken;
    }

    private static ComparisonFields Union(ComparisonFields[]? fields) =>
        (fields ?? []).Aggregate(ComparisonFields.None, (all, one) => all.Union(one));

    private static CaptureContent Read(string path)
    {
        try
        {
            return CaptureContent.Read(path);
        }
        catch (Exception exception) when (exception is CaptureFormatException or InvalidDataException)
        {
            throw SimException.BadRequest($"sim diff: {exception.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = exception is FileNotFoundException or DirectoryNotFoundException ? "there is no such file"
                : Directory.Exists(path) ? "it is a folder; the name of a capture file would be right"
                : exception.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw SimException.BadRequest($"sim diff: {path}: {reason}");
        }
    }

    private static void Print(ComparisonResult result, SimConsole console)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (result.AreAlike)
        {
            console.Output.WriteLine(string.Create(
                c, $"no difference: {Count(result.A.ConversationCount, "conversation")}, {Count(result.PacketsCompared, "packet")} side by side"));
            return;
        }

        CaptureDifference first = result.Differences[0];
        console.Output.WriteLine($"first difference: {ComparisonFields.Name(first.Field)}, in {first.Conversation}: {first.Text}");
        int width = Math.Max(result.A.Name.Length, result.B.Name.Length);
        console.Output.WriteLine(Side(result.A, first.A, first.Instead, width));
        console.Output.WriteLine(Side(result.B, first.B, first.Instead, width));
        if (result.DifferenceCount > 1)
        {
            string more = Count(result.DifferenceCount - 1, "more difference");
            console.Output.WriteLine(string.Create(c, $"{more}; {Count(result.DifferingConversations, "conversation")} of {Conversations(result)} differ"));
        }
    }

    private static string Conversations(ComparisonResult result) => result.A.ConversationCount == result.B.ConversationCount
        ? result.A.ConversationCount.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{result.A.ConversationCount} and {result.B.ConversationCount}");

    private static string Side(CaptureContent capture, ComparedPacket? packet, ComparedPacket? instead, int width)
    {
        string name = capture.Name.PadRight(width);
        return packet is not null ? $"  {name}  {Packet(packet)}" : $"  {name}  {(instead is null ? "nothing" : $"next: {Packet(instead)}")}";
    }

    private static string Packet(ComparedPacket packet) => string.Create(
        CultureInfo.InvariantCulture,
        $"frame {packet.Frame}  {(packet.Time is { } time ? $"{time.Nanoseconds / 1_000_000_000m:0.000000}" : "no time")}  {packet.Text}");

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
