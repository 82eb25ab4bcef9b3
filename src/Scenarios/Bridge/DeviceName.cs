using System.Globalization;
using SimStack.Ip;

namespace Scenarios.Bridge;

/// <summary>A device as the command line names it: <c>tap0</c>, or <c>lab:tap0</c> in the network namespace `lab`.</summary>
/// <param name="Namespace">The network namespace; null: where the program runs.</param>
/// <param name="Name">The interface's name.</param>
internal sealed record DeviceName(string? Namespace, string Name)
{
    /// <summary>What an interface may be called, as Linux has it: it takes neither `/` nor `:` nor blanks in a name.</summary>
    public const string Form = "a device's name, like tap0, or lab:tap0 in the network namespace lab; at most 15 letters, without blanks and `/`";

    private const int MostLetters = 15;

    public static bool TryParse(string text, out DeviceName name)
    {
        int colon = text.LastIndexOf(':');
        name = new DeviceName(colon < 0 ? null : text[..colon], text[(colon + 1)..]);
        return name.Name.Length is > 0 and <= MostLetters && name.Name is not ("." or "..") && name.Namespace is not ""
            && name.Name.All(c => c is > ' ' and < (char)127 and not ('/' or '"' or '\\' or '='))
            && (name.Namespace?.All(c => c > ' ' && c != '"' && c != '\\') ?? true);
    }

    public override string ToString() => Namespace is null ? Name : $"{Namespace}:{Name}";

    /// <summary>Reads an address with the length of its prefix, like <c>10.0.0.9/24</c>.</summary>
    public static bool TryParseAddress(string text, out InterfaceAddress address)
    {
        string[] parts = text.Split('/');
        address = default;
        if (parts.Length != 2 || !IpAddress.TryParse(parts[0], out IpAddress ip)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > (ip.IsV4 ? 32 : 128))
        {
            return false;
        }

        address = new InterfaceAddress(ip, length);
        return true;
    }
}
