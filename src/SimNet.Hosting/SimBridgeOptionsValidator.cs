using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using SimStack.Wire;

namespace SimNet.Hosting;

/// <summary>Says what is wrong with the options, in the words of the configuration.</summary>
internal sealed class SimBridgeOptionsValidator(IConfiguration configuration) : IValidateOptions<SimBridgeOptions>
{
    public ValidateOptionsResult Validate(string? name, SimBridgeOptions options)
    {
        List<string> failures = [];
        if (options.Network is null)
        {
            failures.Add("AddSimBridge: there is no network; set `options.Network = network => …`");
        }

        IConfigurationSection section = configuration.GetSection(SimBridgeOptions.SectionName);
        CheckKeys(failures, section, typeof(SimBridgeOptions));
        CheckKeys(failures, section.GetSection(nameof(options.Device)), typeof(SimBridgeDeviceOptions));
        foreach (IConfigurationSection device in section.GetSection(nameof(options.Devices)).GetChildren())
        {
            CheckKeys(failures, device, typeof(SimBridgeDeviceOptions));
        }

        Check(failures, options.MaxLag > TimeSpan.Zero, "MaxLag", options.MaxLag, "more than 0, like 00:00:00.1");
        Check(failures, options.Spin >= TimeSpan.Zero, "Spin", options.Spin, "0 or more");
        Check(failures, options.Batch is >= 1 and <= 4096, "Batch", options.Batch, "1 to 4096");
        Check(failures, options.Interval >= TimeSpan.FromMilliseconds(1), "Interval", options.Interval, "at least 00:00:00.001");
        Check(
            failures, Enum.IsDefined(options.ApplicationExceptionBehavior), "ApplicationExceptionBehavior", options.ApplicationExceptionBehavior,
            string.Join(" or ", Enum.GetNames<SimBridgeApplicationExceptionBehavior>()));
        Check(failures, options.LagWarning > TimeSpan.Zero, "LagWarning", options.LagWarning, "more than 0, like 00:00:00.05");
        if (options.Device is { } only)
        {
            Validate(failures, "Device", only);
        }

        foreach ((string port, SimBridgeDeviceOptions of) in options.Devices)
        {
            Validate(failures, $"Devices:{port}", of);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>The binder passes over what it doesn't know: a misspelt setting would have no effect, and nobody would say so.</summary>
    private static void CheckKeys(List<string> failures, IConfigurationSection section, Type options)
    {
        // Not what only the program can set: delegates, and what has no form as text.
        string[] known = [.. options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.PropertyType != typeof(Action<SimBridgeNetwork>) && p.PropertyType != typeof(SimulationOptions)).Select(p => p.Name).Order(StringComparer.Ordinal)];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            Refuse(
                failures, !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase), child.Path[(SimBridgeOptions.SectionName.Length + 1)..],
                $"is no setting; there are {string.Join(", ", known)}");
        }
    }

    private static void Validate(List<string> failures, string where, SimBridgeDeviceOptions device)
    {
        string? kind = SimBridgeDevices.KindOf(device);
        Check(failures, kind is not null, where + ":Kind", device.Kind, "tap, packet or pcap");
        Check(failures, device.NetworkNamespace is not "", where + ":NetworkNamespace", device.NetworkNamespace, "the name of a network namespace; leave it out for the program's own");
        switch (kind)
        {
            case SimBridgeDevices.Tap:
                ValidateTap(failures, where, device);
                break;
            case not null:
                ValidateStation(failures, where, device, kind);
                break;
        }
    }

    private static void ValidateTap(List<string> failures, string where, SimBridgeDeviceOptions device)
    {
        Check(failures, device.Name is null or { Length: >= 1 and <= 15 }, where + ":Name", device.Name, "a name of 1 to 15 letters");
        Check(failures, device.Mtu is null or (>= 68 and <= 65_521), where + ":Mtu", device.Mtu, "68 to 65521");
        for (int i = 0; i < device.Addresses.Count; i++)
        {
            Check(
                failures, SimBridgeDevices.TryParse(device.Addresses[i], out _), string.Create(CultureInfo.InvariantCulture, $"{where}:Addresses:{i}"), device.Addresses[i],
                "an address with the length of its prefix, like 10.0.0.1/24");
        }

        Refuse(failures, device.HardwareAddress is not null, where + ":HardwareAddress", "is for packet and pcap; a TAP device's simulated end has the simulated interface's");
        Refuse(failures, device.Promiscuous, where + ":Promiscuous", "is for packet and pcap; a TAP device hands over everything");
    }

    private static void ValidateStation(List<string> failures, string where, SimBridgeDeviceOptions device, string kind)
    {
        Refuse(failures, string.IsNullOrWhiteSpace(device.Name), where + ":Name", $"is missing: an interface of this machine like eth0, which {kind} never chooses for you");
        Refuse(failures, device.Addresses.Count > 0, where + ":Addresses", $"is for tap; with {kind} the addresses are those of the simulated interface, and the system's stay as they are");
        Refuse(failures, device.Mtu is not null, where + ":Mtu", $"is for tap; with {kind} the interface's stays as it is");
        Refuse(failures, device.Offload, where + ":Offload", $"is for tap; leave it out with {kind}");
        bool isAddress = MacAddress.TryParse(device.HardwareAddress, out MacAddress own) && !own.IsGroup;
        Check(failures, device.HardwareAddress is null || isAddress, where + ":HardwareAddress", device.HardwareAddress, "an Ethernet address like 02:00:00:00:00:07");
    }

    private static void Refuse(List<string> failures, bool wrong, string where, string why)
    {
        if (wrong)
        {
            failures.Add($"{SimBridgeOptions.SectionName}:{where} {why}");
        }
    }

    private static void Check(List<string> failures, bool right, string where, object? found, string wanted)
    {
        if (!right)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{SimBridgeOptions.SectionName}:{where}: `{found}` is not {wanted}"));
        }
    }
}
