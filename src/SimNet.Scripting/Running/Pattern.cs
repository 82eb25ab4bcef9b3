namespace SimNet.Scripting.Running;

/// <summary>The generated data of <c>write: {size: …}</c>: every position has its own look, so that moved bytes are found.</summary>
internal static class Pattern
{
    /// <summary>Fills with the bytes from that position on.</summary>
    public static void Fill(Span<byte> destination, long position)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            ulong x = (ulong)(position + i) / 8 * 0x9E37_79B9_7F4A_7C15;
            x ^= x >> 29;
            destination[i] = (byte)(x >> (int)((position + i) % 8 * 8));
        }
    }
}
