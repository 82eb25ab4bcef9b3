namespace Scenarios.Bench;

/// <summary>A payload of any length that repeats after a prime number of bytes, so that nothing that is lost or moved goes unnoticed.</summary>
internal static class PeriodicData
{
    /// <summary>As much as one call gets.</summary>
    public const int Piece = 256 * 1024;

    private const int Period = 65_521;
    private static readonly byte[] Bytes = Make();

    /// <summary>What stands at that place of the payload.</summary>
    /// <param name="position">From its beginning.</param>
    /// <param name="most">A piece at most.</param>
    public static ReadOnlySpan<byte> At(long position, long most) =>
        Bytes.AsSpan((int)(position % Period), (int)Math.Min(most, Piece));

    /// <summary>What the hash of that much of it is.</summary>
    public static ulong HashOf(long length)
    {
        StreamHash hash = new();
        for (long at = 0; at < length; at += Piece)
        {
            hash.Append(At(at, length - at));
        }

        return hash.Finish();
    }

    private static byte[] Make()
    {
        byte[] bytes = new byte[Period + Piece];
        uint state = 1;
        for (int i = 0; i < bytes.Length; i++)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            bytes[i] = i < Period ? (byte)(state >> 24) : bytes[i - Period];
        }

        return bytes;
    }
}
