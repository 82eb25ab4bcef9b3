using System.Text;

namespace SimNet.Scripting.Packetdrill.Reports;

/// <summary>Text as every report format can hold it.</summary>
internal static class ReportText
{
    /// <summary>
    /// Puts U+FFFD for what XML 1.0 (§2.2) does not allow: control characters other than tab and ends of lines, halves of surrogate
    /// pairs, U+FFFE and U+FFFF.
    /// </summary>
    public static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool allowed = rune.Value is '\t' or '\n' or '\r' || (rune.Value >= 0x20 && rune.Value is not (0xFFFE or 0xFFFF));
            clean.Append((allowed ? rune : Rune.ReplacementChar).ToString());
        }

        return clean.ToString();
    }
}
