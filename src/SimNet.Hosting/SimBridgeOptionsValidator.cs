using System.Globalization;
using Microsoft.Extensions.Options;
using SimNet.Bridge;
using SimStack.Ip;

namespace SimNet.Hosting;

/// <summary>Says what is wrong with the options, in the words of the configuration.</summary>
internal sealed class SimBridgeOptionsValidator : IValidateOptions<SimBridgeOptions>
{
    private const string Tap = "tap";

    public ValidateOptionsResult Validate(string? name, SimBridgeOptions options)
    {
        List<string> failures = [];
        if (options.Network is null)
        {
            failures.Add("AddSimBridge: there is no network; set `options.Network = network => …`");
        }

        Check(failures, options.MaxLag > TimeSpan.Zero, "MaxLag", options.MaxLag, "more than 0, like 00:00:00.1");
        Check(failures, options.Spin >= TimeSpan.Zero, "Spin", options.Spin, "0 or more");
        Check(failures, options.Batch is >= 1 and <= 4096, "Batch", options.Batch, "1 to 4096");
        Check(failures, options.Interval >= TimeSpan.FromMilliseconds(1), "Interval", options.Interval, "at least 00:00:00.001");
        Check(failures, options.LagWarning > TimeSpan.Zero, "LagWarning", options.LagWarning, "more than 0, like 00:00:00.05");
        if (options.Device is { } device)
        {
            Validate(failures, "Device", device);
        }

        foreach ((string port, SimBridgeDeviceOptions of) in options.Devices)
        {
            Validate(failures, $"Devices:{port}", of);
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Opens the device that options describe, which have been found right.</summary>
    /// <exception cref="BridgeException">The machine refused.</exception>
    public static FrameDevice Open(SimBridgeDeviceOptions device) => TapDevice.Open(new TapOptions
    {
        Name = device.Name,
        NetworkNamespace = device.NetworkNamespace,
        Addresses = [.. device.Addresses.Select(a => TryParse(a, out InterfaceAddress address) ? address : default)],
        Mtu = device.Mtu,
        Offload = device.Offload,
    });

    private static void Validate(List<string> failures, string where, SimBridgeDeviceOptions device)
    {
        Check(failures, string.Equals(device.Kind, Tap, StringComparison.OrdinalIgnoreCase), where + ":Kind", device.Kind, Tap);
        Check(failures, device.Name.Length is >= 1 and <= 15, where + ":Name", device.Name, "a name of 1 to 15 letters");
        Check(failures, device.Mtu is null or (>= 68 and <= 65_521), where + ":Mtu", device.Mtu, "68 to 65521");
        for (int i = 0; i < device.Addresses.Count; i++)
        {
            Check(
                failures, TryParse(device.Addresses[i], out _), string.Create(CultureInfo.InvariantCulture, $"{where}:Addresses:{i}"), device.Addresses[i],
                "an address with the length of its prefix, like 10.0.0.1/24");
        }
    }

    private static void Check(List<string> failures, bool right, string where, object? found, string wanted)
    {
        if (!right)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{SimBridgeOptions.SectionName}:{where}: `{found}` is not {wanted}"));
        }
    }

    private static bool TryParse(string text, out InterfaceAddress address)
    {
        string[] parts = text.Split('/');
        bool right = parts.Length == 2 & IpAddress.TryParse(parts[0], out IpAddress own)
            & int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= (own.IsV4 ? 32 : 128);
        address = right ? new InterfaceAddress(own, length) : default;
        return right;
    }
}
