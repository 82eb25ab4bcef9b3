namespace SimStack.Wire;

/// <summary>A TCP sequence number; comparisons are modulo 2^32 (RFC 9293 §3.4), valid for distances below 2^31.</summary>
/// <param name="Value">The number as on the wire.</param>
public readonly record struct SequenceNumber(uint Value)
{
    public static SequenceNumber operator +(SequenceNumber a, int b) => new(unchecked(a.Value + (uint)b));
    public static SequenceNumber operator +(SequenceNumber a, uint b) => new(unchecked(a.Value + b));
    public static SequenceNumber operator -(SequenceNumber a, int b) => new(unchecked(a.Value - (uint)b));

    /// <summary>The signed distance from <paramref name="b"/> to <paramref name="a"/>.</summary>
    public static int operator -(SequenceNumber a, SequenceNumber b) => unchecked((int)(a.Value - b.Value));

    public static bool operator <(SequenceNumber a, SequenceNumber b) => a - b < 0;
    public static bool operator >(SequenceNumber a, SequenceNumber b) => a - b > 0;
    public static bool operator <=(SequenceNumber a, SequenceNumber b) => a - b <= 0;
    public static bool operator >=(SequenceNumber a, SequenceNumber b) => a - b >= 0;

    public static SequenceNumber Max(SequenceNumber a, SequenceNumber b) => a > b ? a : b;
    public static SequenceNumber Min(SequenceNumber a, SequenceNumber b) => a < b ? a : b;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
