using System.CommandLine;
using System.CommandLine.Help;
using Scenarios.Bench;
using Scenarios.Commands;
using Scenarios.Figures;

namespace Scenarios.CommandLine;

/// <summary>The command tree.</summary>
internal static class SimCommandLine
{
    private static readonly string[] Examples =
    [
        "sim list",
        "sim run handshake",
        "sim run lossy-transfer --seed 7 --out runs",
        "sim show handshake > mine.yaml",
        "sim run mine.yaml --set links[0].delay=50ms",
        "sim test scripts",
        "sim bridge tap --host daytime --address 10.0.0.9/24",
        "sim replay daytime.pcapng",
    ];

    /// <summary>A new tree; one is used once.</summary>
    public static RootCommand Create(SimConsole console)
    {
        var root = new RootCommand("A TCP/IP laboratory: simulated hosts on a simulated network in virtual time, with captures for Wireshark.");
        root.Directives.Clear();
        root.Add(ListCommand.Create(console));
        root.Add(ShowCommand.Create(console));
        root.Add(RunCommand.Create(console));
        root.Add(TestCommand.Create(console));
        root.Add(RecordCommand.Create(console));
        root.Add(DiffCommand.Create(console));
        root.Add(BridgeCommand.Create(console));
        root.Add(ReplayCommand.Create(console));
        root.Add(BenchCommand.Create(console));
        root.Add(FiguresCommand.Create(console));
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction page } help)
            {
                help.Action = new ExampleHelpAction(page, Examples);
            }
            else if (option is VersionOption version)
            {
                version.Action = new VersionAction();
            }
        }

        return root;
    }
}
