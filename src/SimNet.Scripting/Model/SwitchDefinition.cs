using SimNet.Devices;

namespace SimNet.Scripting.Model;

/// <summary>A learning switch.</summary>
public sealed class SwitchDefinition
{
    /// <summary>Its name; its ports are <c>port1</c>, <c>port2</c>…</summary>
    public required string Name { get; init; }

    /// <summary>How many ports; null: as many as are linked.</summary>
    public int? Ports { get; init; }

    /// <summary>An address that was not seen for so long is forgotten.</summary>
    public Duration Ageing { get; init; } = Duration.FromSeconds(300);

    /// <summary>Addresses kept at most.</summary>
    public int TableSize { get; init; } = 8192;

    /// <summary>From a frame's arrival to its leaving for a port's link.</summary>
    public Duration Delay { get; init; }

    /// <summary>Where the script describes it.</summary>
    public SourcePosition Position { get; init; }

    /// <summary>The number of a port by its name, from 1; 0 when it is none.</summary>
    internal static int PortNumber(string name) =>
        name.StartsWith("port", StringComparison.Ordinal) && name.Length > 4 && name[4] is >= '1' and <= '9'
        && int.TryParse(name.AsSpan(4), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number)
        && number <= SwitchOptions.MaxPorts
            ? number
            : 0;

    internal static string PortName(int number) => FormattableString.Invariant($"port{number}");
}
