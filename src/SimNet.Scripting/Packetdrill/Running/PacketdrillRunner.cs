using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>
/// Runs packetdrill scripts against a simulated host in virtual time: deterministically, without threads, touching nothing outside.
/// </summary>
public static class PacketdrillRunner
{
    /// <summary>Reads a script and runs it to its end or to the first line that does not hold.</summary>
    /// <param name="text">The whole script.</param>
    /// <param name="fileName">For messages.</param>
    /// <param name="options">Null: all defaults.</param>
    /// <exception cref="ScriptException">The script is wrong: says where, what was found and what would be right.</exception>
    public static PacketdrillResult Run(string text, string fileName, PacketdrillOptions? options = null)
    {
        options ??= new PacketdrillOptions();
        return Run(Parse(text, fileName, options), options);
    }

    /// <summary>Reads a script with the macros of the IP version that it is run with, be it one that the script itself asks for.</summary>
    /// <exception cref="ScriptException">The script is wrong.</exception>
    internal static PacketdrillScript Parse(string text, string fileName, PacketdrillOptions options)
    {
        PacketdrillScript script = PacketdrillParser.Parse(text, fileName, Macros(options));
        PacketdrillIpVersion version = ScriptSettings.Read(script, options).IpVersion;
        return version == options.IpVersion
            ? script
            : PacketdrillParser.Parse(text, fileName, Macros(options with { IpVersion = version }));
    }

    /// <summary>Runs a script that was read already, with the macros of <see cref="Macros"/> where it uses them.</summary>
    /// <exception cref="ScriptException">The script is wrong.</exception>
    internal static PacketdrillResult Run(PacketdrillScript script, PacketdrillOptions options, RunTrace? trace = null) =>
        new ScriptRun(script, options, trace).Run();

    /// <summary>What the parser is given: the suite's macros for this IP version, and over them the caller's.</summary>
    internal static IReadOnlyDictionary<string, string> Macros(PacketdrillOptions options)
    {
        var macros = new Dictionary<string, string>(PacketdrillOptions.DefaultMacros(options.IpVersion));
        foreach ((string name, string value) in options.Macros)
        {
            macros[name] = value;
        }

        return macros;
    }
}
