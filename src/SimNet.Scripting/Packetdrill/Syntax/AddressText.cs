namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>How much of a text is an IP address. Sequence numbers, <c>1:1001</c>, are none: an IPv6 address has two colons together or eight groups.</summary>
internal static class AddressText
{
    private const int Groups = 8;

    /// <summary>The length of four decimal numbers with points between them; 0 where there are none.</summary>
    public static int V4Length(string text, int start)
    {
        int at = start;
        for (int part = 0; part < 4; part++)
        {
            if (part > 0 && (at >= text.Length || text[at++] != '.'))
            {
                return 0;
            }

            int digits = Run(text, at, char.IsAsciiDigit);
            if (digits == 0)
            {
                return 0;
            }

            at += digits;
        }

        return at - start;
    }

    /// <summary>The length of the longest IPv6 address, RFC 4291 §2.2; 0 where there is none.</summary>
    public static int V6Length(string text, int start)
    {
        int at = start;
        int groups = 0;
        int longest = 0;
        bool compressed = false;
        while (true)
        {
            if (!compressed && IsDoubleColon(text, at))
            {
                compressed = true;
                at += 2;
                longest = at - start;
            }
            else if (groups > 0 && at < text.Length && text[at] == ':')
            {
                at++;
            }
            else if (groups > 0)
            {
                return longest;
            }

            int digits = Run(text, at, char.IsAsciiHexDigit);
            if (digits is 0 or > 4 || groups == Groups)
            {
                return longest;
            }

            int v4 = compressed || groups == Groups - 2 ? V4Length(text, at) : 0;
            if (v4 > 0)
            {
                return at + v4 - start;
            }

            at += digits;
            groups++;
            if (compressed || groups == Groups)
            {
                longest = at - start;
            }
        }
    }

    private static bool IsDoubleColon(string text, int at) => at + 1 < text.Length && text[at] == ':' && text[at + 1] == ':';

    private static int Run(string text, int start, Func<char, bool> belongs)
    {
        int end = start;
        while (end < text.Length && belongs(text[end]))
        {
            end++;
        }

        return end - start;
    }
}
