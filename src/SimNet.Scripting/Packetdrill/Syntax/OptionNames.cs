namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>The options that a script may have before its first event.</summary>
internal static class OptionNames
{
    // The value: whether the option takes one.
    private static readonly Dictionary<string, bool> Options = new(StringComparer.Ordinal)
    {
        ["ip_version"] = true,
        ["bind_port"] = true,
        ["code_command"] = true,
        ["code_format"] = true,
        ["code_sockopt"] = true,
        ["connect_port"] = true,
        ["remote_ip"] = true,
        ["local_ip"] = true,
        ["gateway_ip"] = true,
        ["netmask_ip"] = true,
        ["speed"] = true,
        ["mss"] = true,
        ["mtu"] = true,
        ["init_scripts"] = true,
        ["tolerance_usecs"] = true,
        ["tolerance_percent"] = true,
        ["wire_client"] = false,
        ["wire_server"] = false,
        ["wire_server_ip"] = true,
        ["wire_server_at"] = true,
        ["wire_server_port"] = true,
        ["wire_client_dev"] = true,
        ["wire_server_dev"] = true,
        ["so_filename"] = true,
        ["so_flags"] = true,
        ["tcp_ts_ecr_scaled"] = false,
        ["tcp_ts_tick_usecs"] = true,
        ["strict_segments"] = false,
        ["non_fatal"] = true,
        ["dry_run"] = false,
        ["is_anyip"] = false,
        ["send_omit_free"] = false,
        ["psp_udp_port"] = true,
        ["debug"] = false,
        ["define"] = true,
        ["verbose"] = false,
    };

    /// <summary>Every name, without dashes.</summary>
    public static IEnumerable<string> All => Options.Keys;

    /// <summary>False where there is no such option; otherwise whether it takes a value.</summary>
    public static bool TryGet(string name, out bool takesValue) => Options.TryGetValue(name, out takesValue);
}
