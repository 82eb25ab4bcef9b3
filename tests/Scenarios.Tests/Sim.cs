using System.Diagnostics;

namespace Scenarios.Tests;

/// <summary>Runs the program under test, in this process or as one of its own.</summary>
internal static class Sim
{
    /// <summary>What a run left behind.</summary>
    internal sealed record Result(int Status, string Output, string Error)
    {
        /// <summary>The lines of standard error.</summary>
        public string[] ErrorLines => Error.Length == 0 ? [] : Error.TrimEnd('\n').Split('\n');

        /// <summary>The lines of standard output.</summary>
        public string[] Lines => Output.Length == 0 ? [] : Output.TrimEnd('\n').Split('\n');

        /// <summary>Fails with everything that the run said, unless it has this status.</summary>
        public Result Ended(int status)
        {
            Assert.True(Status == status, $"status {Status}, not {status}\n{Output}\n{Error}");
            return this;
        }
    }

    /// <summary>Runs it in this process.</summary>
    public static Task<Result> Run(params string[] args) => Run(CancellationToken.None, args);

    /// <summary>Runs it in this process; the token is Ctrl-C.</summary>
    public static async Task<Result> Run(CancellationToken cancellationToken, params string[] args)
    {
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        int status = await SimProgram.Run(args, output, error, cancellationToken);
        return new Result(status, output.ToString(), error.ToString());
    }

    /// <summary>Starts it as a process of its own, with its outputs redirected.</summary>
    public static Process Start(string folder, IReadOnlyDictionary<string, string?>? environment, params string[] args)
    {
        string library = typeof(SimProgram).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [library, .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs it through a POSIX shell; <c>sim</c> in the line is the program, and <c>$SIM</c> the command that starts it, for
    /// another program to run: a function goes no further than this shell, since not every shell passes on exported ones.</summary>
    public static async Task<Result> Shell(string folder, string line)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "needs a POSIX shell");
        string program = typeof(SimProgram).Assembly.Location;
        string script = $"sim() {{ dotnet '{program}' \"$@\"; }}\nSIM=\"dotnet '{program}'\"\n{line}";
        var start = new ProcessStartInfo("/bin/bash", ["-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        return await End(process);
    }

    /// <summary>Waits for a process and takes what it wrote.</summary>
    public static async Task<Result> End(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new Result(process.ExitCode, await output, await error);
    }
}
