using SimStack.Profiles;

namespace Scenarios.Bench;

/// <summary>A sysctl as the command line has it: <c>net.ipv4.tcp_sack=0</c>.</summary>
internal readonly record struct SysctlSetting(string Name, string Value)
{
    /// <summary>Reads one, and tries whether it would be taken.</summary>
    public static bool TryParse(string text, out SysctlSetting setting, out string? error)
    {
        int sign = text.IndexOf('=', StringComparison.Ordinal);
        setting = sign > 0 ? new(text[..sign], text[(sign + 1)..]) : default;
        if (sign <= 0)
        {
            error = $"'{text}' is not NAME=VALUE";
            return false;
        }

        return new Sysctls().TrySet(setting.Name, setting.Value, out error);
    }

    public override string ToString() => $"{Name}={Value}";

    public void Apply(Sysctls to) => to.TrySet(Name, Value, out _);
}
