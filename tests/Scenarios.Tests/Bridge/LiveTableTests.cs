using SimNet.Tests;
using SimNet.Tests.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>The live table, on a terminal that script(1) makes.</summary>
public sealed class LiveTableTests : IDisposable
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "", true)]
    [InlineData("NO_COLOR=1", "", true)]
    [InlineData("", "--no-live", false)]
    public void ATerminalShowsWhatHappens(string environment, string option, bool live)
    {
        ExternalTool.Require("script");
        using KernelNamespace kernel = new();
        _folder.Write("mine.yaml", """
            name: mine
            title: A server and a client
            hosts:
              client: 10.9.0.3/24
              server: 10.9.0.2/24
            bridges: [outside]
            switches: [lan]
            links:
              - {between: [outside, lan]}
              - {between: [client, lan]}
              - {between: [server, lan], rate: 10Mbit, delay: 5ms, queue: 20}
            applications:
              server: [{source: {port: 19}}]
              client: [{connect: "server:19"}, {read: until-eof}]
            """);
        string program = typeof(SimProgram).Assembly.Location;
        string line = $"stty cols 120 rows 30; exec dotnet '{program}' bridge tap --host mine.yaml --netns {kernel.Name} --for 1500ms --capture none {option}";
        string output = kernel.Run("bash", "-c", $"cd {_folder.Path} && env -u NO_COLOR TERM=xterm {environment} script -qec \"{line}\" /dev/null </dev/null");
        Assert.Contains("is tap0", output, StringComparison.Ordinal);
        Assert.Contains("aithful: ", output, StringComparison.Ordinal);
        if (!live)
        {
            Assert.DoesNotContain(HideCursor, output, StringComparison.Ordinal);
            return;
        }

        int hidden = output.IndexOf(HideCursor, StringComparison.Ordinal);
        int shown = output.LastIndexOf(ShowCursor, StringComparison.Ordinal);
        Assert.InRange(hidden, 0, shown);
        string table = output[hidden..shown];
        foreach (string part in (string[])["outside (tap0)", "lag ", "longest stall ", "LISTEN", "SYN queue 0/", "server: 1 ESTAB", "10.9.0.3:", "cwnd", "bit/s"])
        {
            Assert.Contains(part, table, StringComparison.Ordinal);
        }

        Assert.Contains("faithful: ", output[shown..], StringComparison.Ordinal);
        if (environment.Length > 0)
        {
            Assert.DoesNotContain("\u001b[3", table, StringComparison.Ordinal);
        }
    }
}
