using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Applications;

/// <summary>The bytes of a <see cref="Content"/>, made where they are needed.</summary>
internal static class ContentBytes
{
    /// <summary>Fills with the bytes from that position on.</summary>
    public static void Fill(Content content, Span<byte> destination, long position)
    {
        if (content.Data.IsEmpty)
        {
            Pattern.Fill(destination, position);
            return;
        }

        ReadOnlySpan<byte> data = content.Data.Span;
        for (int done = 0; done < destination.Length;)
        {
            int from = (int)((position + done) % data.Length);
            int length = Math.Min(data.Length - from, destination.Length - done);
            data.Slice(from, length).CopyTo(destination[done..]);
            done += length;
        }
    }
}
