using Microsoft.Extensions.Configuration;
using SimNet.Capture;

namespace Scenarios.Running;

/// <summary>
/// What can be set once for every run: in appsettings.json (<c>{"Out": "runs"}</c>), in the environment (<c>SIM_OUT=runs</c>) or on
/// the command line.
/// </summary>
internal sealed class RunDefaults(IConfiguration configuration)
{
    /// <summary>Folder of the output files.</summary>
    public const string Out = "Out";

    /// <summary>Of captures.</summary>
    public const string Format = "Format";

    /// <summary>How much of the ladder is printed.</summary>
    public const string Ladder = "Ladder";

    /// <summary>The folder; the current one when nothing is said.</summary>
    public string Folder => configuration[Out] is { Length: > 0 } folder ? folder : ".";

    /// <summary>pcapng when nothing is said.</summary>
    /// <exception cref="SimException">It is neither pcapng nor pcap.</exception>
    public CaptureFormat CaptureFormat => configuration[Format] switch
    {
        null or "" or "pcapng" => CaptureFormat.Pcapng,
        "pcap" => CaptureFormat.Pcap,
        string other => throw Wrong(Format, other, "pcapng or pcap"),
    };

    /// <summary>Automatic when nothing is said.</summary>
    /// <exception cref="SimException">It is not all, none or a number.</exception>
    public LadderAmount LadderAmount => configuration[Ladder] switch
    {
        null or "" => LadderAmount.Automatic,
        string text when LadderAmount.TryParse(text, out LadderAmount amount) => amount,
        string other => throw Wrong(Ladder, other, "all, none, or a number of lines"),
    };

    private static SimException Wrong(string name, string found, string right) =>
        SimException.BadRequest($"configuration (SIM_{name.ToUpperInvariant()} or appsettings.json): {name}: `{found}` is not {right}");
}
