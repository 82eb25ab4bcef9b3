using System.Globalization;

namespace SimStack.Wire;

/// <summary>A 48-bit Ethernet address.</summary>
/// <param name="Value">The address in the low 48 bits, first byte on the wire highest.</param>
public readonly record struct MacAddress(ulong Value)
{
    public static readonly MacAddress Zero;
    public static readonly MacAddress Broadcast = new(0xFFFF_FFFF_FFFF);

    /// <summary>The group bit (IEEE 802): true for multicast and broadcast.</summary>
    public bool IsGroup => (Value >> 40 & 1) != 0;

    /// <summary>Reads the first 6 bytes.</summary>
    public static MacAddress Read(ReadOnlySpan<byte> source) => new(
        (ulong)source[0] << 40 | (ulong)source[1] << 32 | (uint)(source[2] << 24 | source[3] << 16 | source[4] << 8 | source[5]));

    /// <summary>Writes 6 bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        for (int i = 5, shift = 0; i >= 0; i--, shift += 8)
        {
            destination[i] = (byte)(Value >> shift);
        }
    }

    /// <summary>Parses <c>02:00:00:00:00:01</c>.</summary>
    public static bool TryParse(string? text, out MacAddress address)
    {
        address = default;
        string[] parts = text?.Split(':') ?? [];
        if (parts.Length != 6)
        {
            return false;
        }

        ulong value = 0;
        foreach (string part in parts)
        {
            if (part.Length != 2
                || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                return false;
            }

            value = value << 8 | b;
        }

        address = new MacAddress(value);
        return true;
    }

    public override string ToString() =>
        $"{Value >> 40 & 0xFF:x2}:{Value >> 32 & 0xFF:x2}:{Value >> 24 & 0xFF:x2}:"
        + $"{Value >> 16 & 0xFF:x2}:{Value >> 8 & 0xFF:x2}:{Value & 0xFF:x2}";
}
