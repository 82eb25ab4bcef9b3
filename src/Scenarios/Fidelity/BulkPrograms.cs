using Scenarios.Bench;

namespace Scenarios.Fidelity;

/// <summary>A client that sends and a server that receives, over any stream: a kernel's socket or a simulated one, in real or virtual time.</summary>
internal static class BulkPrograms
{
    private const int Piece = 65_536;

    /// <summary>Sends a payload and its end, and waits for the server's word that everything came.</summary>
    /// <param name="stream">Connected.</param>
    /// <param name="bytes">The payload's length.</param>
    /// <param name="shutdown">Ends the direction to the server.</param>
    public static async Task Send(Stream stream, long bytes, Action shutdown)
    {
        byte[] buffer = new byte[Piece];
        for (long sent = 0; sent < bytes;)
        {
            ReadOnlySpan<byte> data = PeriodicData.At(sent, Math.Min(Piece, bytes - sent));
            data.CopyTo(buffer);
            int length = data.Length;
            await stream.WriteAsync(buffer.AsMemory(0, length));
            sent += length;
        }

        shutdown();
        if (await stream.ReadAsync(buffer.AsMemory(0, 1)) != 1)
        {
            throw new EndOfStreamException("the server closed without a word");
        }
    }

    /// <summary>Reads to the end and says so to the client.</summary>
    /// <param name="stream">Connected.</param>
    /// <param name="ended">Called at the end, with the payload's hash.</param>
    public static async Task Receive(Stream stream, Action<ulong> ended)
    {
        byte[] buffer = new byte[Piece];
        StreamHash hash = new();
        while (await stream.ReadAsync(buffer) is > 0 and int count)
        {
            hash.Append(buffer.AsSpan(0, count));
        }

        ended(hash.Finish());
        await stream.WriteAsync(buffer.AsMemory(0, 1));
    }
}
