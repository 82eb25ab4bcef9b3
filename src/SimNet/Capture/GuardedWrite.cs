using System.Buffers.Binary;
using System.Runtime.ExceptionServices;

namespace SimNet.Capture;

/// <summary>
/// Appends blocks of pcapng to a file so that a kill in the midst of it leaves whole blocks. write(2) looks for a fatal signal before each
/// page that it copies (Linux: generic_perform_write), so a long write that is killed takes part of its bytes. Therefore the place is made
/// one block of a type for local use, which readers skip, then filled from within, and what makes it one block is replaced last.
/// </summary>
internal static class GuardedWrite
{
    private const int PageLength = 4096;
    private const int HeadLength = 8;
    private const int TailLength = 4;

    // The draft's §10.1: with the highest bit set a type is for local use.
    private const uint Filler = 0x8000_5349;

    /// <summary>Appends whole blocks.</summary>
    /// <param name="file">At its end, and without a buffer of its own.</param>
    /// <param name="blocks">One or more, little-endian.</param>
    public static void Append(FileStream file, ReadOnlySpan<byte> blocks)
    {
        long start = file.Position;
        if (start % PageLength + blocks.Length <= PageLength)
        {
            // One page is copied in one go.
            file.Write(blocks);
            return;
        }

        try
        {
            Fill(file, start, blocks);
        }
        catch (IOException full)
        {
            // The disk is full: what a plain write takes of it is known by the file's length.
            CutBack(file, start, full);
            file.Write(blocks);
        }
    }

    private static void CutBack(FileStream file, long start, IOException cause)
    {
        try
        {
            file.SetLength(start);
            file.Position = start;
        }
        catch (IOException)
        {
            // It is no file with a length; why it did not take the bytes is what its user needs to know.
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private static void Fill(FileStream file, long start, ReadOnlySpan<byte> blocks)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Filler);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], blocks.Length);
        Put(file, start + blocks.Length - TailLength, head[4..]);
        Put(file, start, head);
        Put(file, start + HeadLength, blocks[HeadLength..^TailLength]);
        Put(file, start + blocks.Length - TailLength, blocks[^TailLength..]);
        Put(file, start, blocks[..HeadLength]);
        file.Position = start + blocks.Length;
    }

    private static void Put(FileStream file, long position, ReadOnlySpan<byte> bytes)
    {
        file.Position = position;
        file.Write(bytes);
    }
}
