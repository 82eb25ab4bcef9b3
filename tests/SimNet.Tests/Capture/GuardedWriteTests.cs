using SimNet.Capture;
using Xunit;

namespace SimNet.Tests.Capture;

/// <summary>A pcapng file whose writer is killed in the midst of a long write.</summary>
public sealed class GuardedWriteTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(1400, 40)]
    [InlineData(60, 2000)]
    [InlineData(60_000, 3)]
    public void WhatALongWriteLeavesIsWholeWhereverItIsCut(int length, int frames)
    {
        using CutStream stream = new(_path);
        using (PcapngWriter writer = new(stream, new PcapngOptions { LeaveOpen = true }))
        {
            int number = writer.AddInterface(new CaptureInterface { Name = "a" });
            writer.Flush();
            for (int batch = 0; batch < 3; batch++)
            {
                for (int i = 0; i < frames; i++)
                {
                    writer.Write(number, i, new byte[length]);
                }

                stream.Cuts = true;
                writer.Flush();
                stream.Cuts = false;
            }
        }

        Assert.True(stream.Long.Count > 30, $"{stream.Long.Count} states");
        int[] counts = [.. stream.Long.Select(Packets)];
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(frames * 2, counts[^1]);
        Assert.Equal(frames * 3, Packets(File.ReadAllBytes(_path)));
    }

    private static int Packets(byte[] file)
    {
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file));
        int count = 0;
        while (reader.TryRead(out CapturedPacket _))
        {
            count++;
        }

        return count;
    }

    /// <summary>Keeps what the file would be if a write of more than a page were cut behind any of its pages.</summary>
    private sealed class CutStream(string path) : FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0)
    {
        private const int Page = 4096;

        public bool Cuts { get; set; }

        public List<byte[]> Long { get; } = [];

        // A file stream's own writing of spans comes back to that of arrays where it is derived from.
        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            long start = Position;
            int first = Page - (int)(start % Page);
            for (int cut = first; Cuts && cut < count; cut += Page)
            {
                base.Write(buffer, offset, cut);
                Long.Add(File.ReadAllBytes(Name));
                Position = start;
            }

            base.Write(buffer, offset, count);
        }
    }
}
