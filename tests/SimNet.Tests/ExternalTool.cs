using System.Diagnostics;
using Xunit;

namespace SimNet.Tests;

/// <summary>
/// Runs a program that judges our output from outside: tshark, capinfos, tcpdump. Where it is not installed the test is skipped
/// by name; with the environment variable CI=true a missing tool is a failure.
/// </summary>
internal static class ExternalTool
{
    /// <summary>What a program that ended left behind.</summary>
    internal sealed record Result(int ExitCode, string Output, string Error)
    {
        /// <summary>The output's lines, without the empty one at the end.</summary>
        public string[] Lines => Output.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    /// <summary>Runs a tool that must be there, must end in time and must succeed.</summary>
    public static Result Run(string tool, params string[] arguments) => Run(tool, standardInput: null, arguments);

    /// <summary>As the other overload, with bytes for the tool to read from <c>-</c>.</summary>
    public static Result Run(string tool, byte[]? standardInput, string[] arguments)
    {
        Require(tool);
        ProcessStartInfo start = new(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TZ"] = "UTC";
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using (Stream input = process.StandardInput.BaseStream)
        {
            input.Write(standardInput ?? []);
        }

        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{tool} {string.Join(' ', arguments)} did not end within a minute");
        }

        process.WaitForExit();
        Result result = new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        Assert.True(result.ExitCode == 0, $"{tool} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>Skips the test, or fails it under CI, when the tool is not on PATH.</summary>
    public static void Require(string tool)
    {
        if (IsOnPath(tool))
        {
            return;
        }

        Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase),
            $"{tool} is not on PATH, and CI=true asks for it");
        Assert.Skip($"{tool} is not on PATH");
    }

    private static bool IsOnPath(string tool)
    {
        string[] suffixes = OperatingSystem.IsWindows() ? [".exe", ".cmd", ".bat"] : [""];
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => suffixes.Any(suffix => File.Exists(Path.Combine(folder, tool + suffix))));
    }
}
