using System.Globalization;

namespace SimNet.Links;

/// <summary>Numbers from one to another, both included.</summary>
/// <param name="Least">The first.</param>
/// <param name="Most">The last; smaller than the first only where numbers wrap around.</param>
public readonly record struct NumberRange(long Least, long Most)
{
    /// <summary>A range of one number.</summary>
    public static NumberRange Of(long number) => new(number, number);

    /// <summary>True when the number lies within.</summary>
    public bool Contains(long number) => number >= Least && number <= Most;

    /// <summary>The same modulo 2^32, as sequence numbers count: 4294967000..100 holds 0.</summary>
    public bool ContainsModulo32(uint number) => unchecked(number - (uint)Least) <= unchecked((uint)Most - (uint)Least);

    /// <summary><c>3</c> or <c>1..100</c></summary>
    public override string ToString() => Least == Most
        ? Least.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Least}..{Most}");
}
