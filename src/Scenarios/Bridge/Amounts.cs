using System.Globalization;
using SimStack;

namespace Scenarios.Bridge;

/// <summary>Times, rates and counts for people: three digits and a unit.</summary>
internal static class Amounts
{
    private static readonly string[] Prefixes = ["", "k", "M", "G", "T", "P", "E"];

    /// <summary><c>48.7 ms</c>, <c>12.0 s</c>, <c>2 min 5 s</c>.</summary>
    public static string Time(Duration time)
    {
        long ns = time.Nanoseconds;
        return ns switch
        {
            <= 0 => "0 s",
            < 1_000_000 => Digits(ns / 1e3) + " µs",
            < 1_000_000_000 => Digits(ns / 1e6) + " ms",
            < 60_000_000_000 => Digits(ns / 1e9) + " s",
            < 3_600_000_000_000 => Text($"{ns / 60_000_000_000} min {ns / 1_000_000_000 % 60} s"),
            _ => Text($"{ns / 3_600_000_000_000} h {ns / 60_000_000_000 % 60} min"),
        };
    }

    /// <summary><c>10.5 MB</c>, powers of ten.</summary>
    public static string Bytes(long bytes) => bytes < 1000 ? Text($"{bytes} B") : Prefixed(bytes) + "B";

    /// <summary><c>9.41 Mbit/s</c>, from bytes in a time.</summary>
    public static string Rate(long bytes, Duration time) =>
        Prefixed(time <= Duration.Zero ? 0 : bytes * 8 / (time.Nanoseconds / 1e9)) + "bit/s";

    /// <summary><c>1,500 /s</c>, from a count in a time.</summary>
    public static string PerSecond(long count, Duration time) =>
        Number(time <= Duration.Zero ? 0 : (long)Math.Round(count / (time.Nanoseconds / 1e9))) + " /s";

    /// <summary><c>7,321</c>.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 frame</c>, <c>7,321 frames</c>.</summary>
    public static string Count(long value, string one) => $"{Number(value)} {one}{(value == 1 ? "" : "s")}";

    private static string Prefixed(double value)
    {
        int prefix = 0;
        while (value >= 999.5 && prefix < Prefixes.Length - 1)
        {
            value /= 1000;
            prefix++;
        }

        return Digits(value) + " " + Prefixes[prefix];
    }

    private static string Digits(double value) => value.ToString(value switch
    {
        0 => "0",
        < 9.995 => "0.00",
        < 99.95 => "0.0",
        _ => "0",
    }, CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
