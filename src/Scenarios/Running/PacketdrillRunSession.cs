using System.Text;
using Scenarios.CommandLine;
using Scenarios.Testing;
using SimNet.Capture;
using SimNet.Scripting.Ladder;
using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Running;
using SimNet.Scripting.Results;
using SimNet.Scripting.Yaml;
using SimStack.Profiles;

namespace Scenarios.Running;

/// <summary>Runs one packetdrill script as <c>sim run</c> does: capture, result file, ladder, verdict.</summary>
internal sealed class PacketdrillRunSession(SimConsole console, RunRequest request)
{
    private string Name => Path.GetFileNameWithoutExtension(request.Target);

    /// <summary>True when the target is a packetdrill script.</summary>
    public static bool IsScript(string target) => target.EndsWith(ScriptFiles.Extension, StringComparison.Ordinal);

    /// <summary>Carries out the request.</summary>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="SimException">The request was wrong, or the environment refused.</exception>
    /// <exception cref="SimNet.Scripting.ScriptException">The script has mistakes.</exception>
    public int Run()
    {
        Check();
        if (ScriptTester.Read(request.Target, out string? text) is { } why)
        {
            throw SimException.BadRequest($"sim run: {request.Target}: {(Directory.Exists(request.Target) ? "it is a folder; sim test runs the scripts of a folder" : why + Nearby())}");
        }

        PacketdrillOptions options = Options();
        PacketdrillResult result = PacketdrillRunner.Run(text!, request.Target, options);
        (byte[] capture, string json) = (Capture(result), Json(result, options));
        SimConsole results = request.CaptureToOutput ? console.WithResultsOnError() : console;
        OutputFiles.CreateFolder(request.Out);
        Write(capture);
        OutputFiles.Replace(Path.Combine(request.Out, Name + ".json"), json);
        if (!request.Quiet)
        {
            string where = request.CaptureToOutput ? "standard output" : Path.Combine(request.Out, Name + ".pcapng");
            console.Error.WriteLine(FormattableString.Invariant($"sim: {result.Packets.Count} {(result.Packets.Count == 1 ? "packet" : "packets")} at tun0 -> {where}"));
        }

        if (!JsonOption.Write(request.Json, json.TrimEnd(), results))
        {
            Print(result, results);
        }

        return result.Passed && (!request.Verify || Verify(text!, options, capture, json)) ? ExitStatus.Success : ExitStatus.ExpectationFailed;
    }

    private void Check()
    {
        string? wrong = request.Settings.Count > 0 ? "--set changes scenarios; a script sets sysctls itself, with `sysctl -q NAME=VALUE`"
            : request.Csv ? "--csv writes the table of a sweep"
            : request.Capture is not (null or "-" or "all" or "tun0") ? $"--capture: a script has one point, tun0, and not `{request.Capture}`"
            : request.Format != CaptureFormat.Pcapng ? "--format: captures of scripts are pcapng"
            : null;
        if (wrong is not null)
        {
            throw SimException.BadRequest($"sim run: {request.Target}: {wrong}");
        }
    }

    private PacketdrillOptions Options()
    {
        var options = new PacketdrillOptions();
        if (request.Profile is { } name && Profile.TryGet(name, out Profile? profile))
        {
            options = options with { Profile = profile };
        }

        return request.Seed is { } seed ? options with { Seed = seed } : options;
    }

    private void Write(byte[] capture)
    {
        using Stream stream = request.CaptureToOutput ? console.OpenOutput() : OutputFiles.Create(Path.Combine(request.Out, Name + ".pcapng"));
        try
        {
            stream.Write(capture);
            stream.Flush();
        }
        catch (IOException exception)
        {
            throw new SimException(
                ExitStatus.EnvironmentRefused, $"cannot write the capture: {exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}; {FailureReport.Advice(exception)}", exception);
        }
    }

    private void Print(PacketdrillResult result, SimConsole results)
    {
        if (!request.Quiet && request.Ladder != LadderAmount.None)
        {
            LadderOptions options = request.Ladder.IsAutomatic ? new LadderOptions() : new LadderOptions { Rows = request.Ladder.Lines };
            foreach (string line in ScriptLadder.Write(result, options))
            {
                results.Output.WriteLine(line);
            }

            results.Output.WriteLine();
        }

        if (!request.Quiet)
        {
            foreach (string line in result.Output)
            {
                results.Output.WriteLine($"the script says: {line}");
            }
        }

        if (!request.Quiet || !result.Passed)
        {
            var printer = new TestPrinter(results, new TestRequest { Paths = [request.Target] });
            results.Output.WriteLine(printer.Line(request.Target, result.Failure));
        }
    }

    private bool Verify(string text, PacketdrillOptions options, byte[] capture, string json)
    {
        PacketdrillResult again = PacketdrillRunner.Run(text, request.Target, options);
        bool isSame = capture.AsSpan().SequenceEqual(Capture(again)) && Json(again, options) == json;
        if (!isSame || !request.Quiet)
        {
            console.Error.WriteLine(isSame ? "sim: --verify: the second run gave the same bytes" : "sim: --verify: the second run differs");
        }

        return isSame;
    }

    private static byte[] Capture(PacketdrillResult result)
    {
        using var stream = new MemoryStream();
        result.WriteCapture(stream);
        return stream.ToArray();
    }

    private string Json(PacketdrillResult result, PacketdrillOptions options)
    {
        using var stream = new MemoryStream();
        PacketdrillJson.Write(request.Target, result, options, stream);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private string Nearby()
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(request.Target))!;
        if (File.Exists(request.Target) || !Directory.Exists(folder))
        {
            return "";
        }

        string[] files = [.. Directory.EnumerateFiles(folder, "*" + ScriptFiles.Extension).Take(200).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        return Suggestions.Nearest(Path.GetFileName(request.Target), files) is { } near ? $"; did you mean `{near}`?" : "";
    }
}
