using SimNet.Tests;

namespace Scenarios.Tests.Catalogue;

/// <summary>Asks tshark about a capture, with every checksum validated.</summary>
internal static class Tshark
{
    private static readonly string[] Validation =
    [
        "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-n",
    ];

    /// <summary>The frames that pass a display filter, one row each with the fields asked for.</summary>
    public static string[][] Rows(string capture, string filter, params string[] fields)
    {
        ExternalTool.Result result = ExternalTool.Run(
            "tshark", [.. Validation, "-r", capture, "-Y", filter, "-T", "fields", "-E", "occurrence=a", .. fields.SelectMany(f => new[] { "-e", f })]);
        return result.Output.Trim().Length == 0 ? [] : [.. result.Lines.Select(line => line.Split('\t'))];
    }
}
