using SimNet.Capture;
using SimStack;
using SimStack.Ip;
using Xunit;
using static SimNet.Tests.Capture.CaptureSamples;

namespace SimNet.Tests.Capture;

public sealed class CaptureWriterTests
{
    public static TheoryData<bool> Formats => [true, false];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Only_whole_blocks_reach_the_stream(bool pcapng)
    {
        WatchedStream stream = new();
        using CaptureWriter writer = Writer(stream, pcapng);
        byte[] frame = Ping(1, payload: 1000);
        for (int i = 0; i < 2000; i++)
        {
            writer.Write(0, Start + i, frame, CaptureDirection.Inbound, "why");
        }

        writer.Flush();
        Assert.True(stream.Ends.Count > 4, "a buffer of 256 KiB was filled several times");
        byte[] all = stream.ToArray();
        foreach (long end in stream.Ends)
        {
            ReadAll(all[..(int)end], out CaptureReader reader);
            Assert.Null(reader.Truncation);
        }

        Assert.Equal(2000, ReadAll(all).Count);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_full_disk_leaves_whole_blocks_and_one_exception(bool pcapng)
    {
        byte[] frame = Ping(1, payload: 100);
        int whole = Written(Stream.Null, pcapng, frame, 30);
        for (int room = 0; room < 3000; room += 7)
        {
            FullStream stream = new(room);
            CaptureWriter writer = Writer(stream, pcapng);
            for (int i = 0; i < 30; i++)
            {
                writer.Write(0, Start + i, frame);
            }

            CaptureWriteException thrown = Assert.Throws<CaptureWriteException>(writer.Flush);
            Assert.Equal(stream.Length, thrown.BytesKept);
            Assert.Contains("No space left on device", thrown.Message, StringComparison.Ordinal);
            Assert.Same(thrown, writer.Failure);
            writer.Write(0, Start, frame);
            writer.Flush();
            writer.Dispose();

            byte[] kept = stream.ToArray();
            Assert.True(kept.Length <= room, "no more than fits");
            Assert.True(kept.Length > room - frame.Length - 64, "no more than one block is lost");
            if (kept.Length > 60)
            {
                ReadAll(kept, out CaptureReader reader);
                Assert.Null(reader.Truncation);
            }
        }

        Assert.True(whole > 3000, "every run above meets the full disk");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Dispose_does_not_throw_and_keeps_the_failure(bool pcapng)
    {
        FullStream stream = new(50);
        CaptureWriter writer = Writer(stream, pcapng);
        writer.Write(0, Start, Ping(1));
        writer.Dispose();
        Assert.NotNull(writer.Failure);
        Assert.Equal(pcapng ? 28 : 24, writer.Failure.BytesKept);
    }

    [Fact]
    public void A_failure_while_writing_is_thrown_by_write_once()
    {
        CaptureWriter writer = Writer(new FullStream(300_000), pcapng: true);
        byte[] frame = Ping(1, payload: 1400);
        int thrown = 0;
        for (int i = 0; i < 1000; i++)
        {
            try
            {
                writer.Write(0, Start, frame);
            }
            catch (CaptureWriteException)
            {
                thrown++;
            }
        }

        writer.Dispose();
        Assert.Equal(1, thrown);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_stream_that_cannot_seek_is_written_all_the_same(bool pcapng)
    {
        WatchedStream stream = new(canSeek: false);
        using (CaptureWriter writer = Writer(stream, pcapng))
        {
            writer.Write(0, Start, Ping(1));
        }

        Assert.Single(ReadAll(stream.ToArray()));
    }

    [Fact]
    public void A_file_that_cannot_be_created_is_one_clear_line()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "missing", "x.pcapng");
        CaptureWriteException thrown = Assert.Throws<CaptureWriteException>(() => PcapngWriter.Create(path));
        Assert.StartsWith($"cannot create capture '{path}': ", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', thrown.Message);
        Assert.Throws<CaptureWriteException>(() => PcapWriter.Create(folder.Path));
    }

    [Fact]
    public void A_device_without_room_is_one_clear_line()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/dev/full"), "only Linux has /dev/full");
        PcapngWriter writer = PcapngWriter.Create("/dev/full");
        CaptureWriteException thrown = Assert.Throws<CaptureWriteException>(writer.Flush);
        Assert.StartsWith("cannot write capture '/dev/full': No space left on device (whole", thrown.Message, StringComparison.Ordinal);
        Assert.Equal("/dev/full", thrown.Path);
        writer.Dispose();
    }

    [Fact]
    public void A_new_file_replaces_an_old_longer_one_and_can_be_read_while_it_grows()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("x.pcap");
        File.WriteAllBytes(path, new byte[10_000]);
        using PcapWriter writer = PcapWriter.Create(path);
        writer.Write(0, Start, Ping(1));
        writer.Flush();
        using CaptureReader reader = CaptureReader.Open(path);
        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal(Start, packet.UnixNanoseconds);
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Writing_a_packet_allocates_nothing(bool pcapng)
    {
        using CaptureWriter writer = Writer(Stream.Null, pcapng);
        byte[] frame = Ping(1, payload: 1400);
        Write(1000);
        Assert.Equal(0, Allocations.Least(() => Write(10_000)));

        void Write(int count)
        {
            for (int i = 0; i < count; i++)
            {
                writer.Write(0, Start + i, frame, CaptureDirection.Inbound, "SYN-SENT → ESTABLISHED");
                writer.Write(0, Start + i, frame, CaptureDirection.Inbound, "dropped: link loss"u8);
            }
        }
    }

    [Fact]
    public void The_largest_block_fits()
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = Writer(stream, pcapng: true, leaveOpen: true))
        {
            writer.Write(0, Start, new byte[300_000], CaptureDirection.Outbound, new string('€', 100_000));
            writer.Write(0, Start, [1]);
        }

        List<Packet> packets = ReadAll(stream.ToArray());
        Assert.Equal(2, packets.Count);
        Assert.Equal(CaptureWriter.MaxCapturedLength * 2, packets[0].Data.Length);
        Assert.Equal(300_000, packets[0].OriginalLength);
        Assert.Equal(21_845, packets[0].Comment!.Length);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Impossible_arguments_are_refused(bool pcapng)
    {
        using CaptureWriter writer = Writer(Stream.Null, pcapng);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(7, Start, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(-1, Start, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, -1, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, Start, [1, 2], originalLength: 1));
        Assert.Throws<ArgumentException>(() => writer.AddName(IpAddress.LoopbackV4, ""));
        Assert.Throws<ArgumentException>(() => writer.AddName(IpAddress.LoopbackV4, "a\0b"));
        Assert.Throws<ArgumentException>(() => writer.AddName(IpAddress.LoopbackV4, new string('a', 256)));
        Assert.Equal(0, writer.PacketCount);
    }

    [Fact]
    public void Classic_pcap_holds_one_link_type_and_32_bit_seconds()
    {
        using PcapWriter writer = new(Stream.Null);
        Assert.Throws<ArgumentException>(() => writer.AddInterface(new() { LinkType = CaptureLinkType.RawIp }));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 4_294_967_296_000_000_000, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PcapWriter(Stream.Null, new() { SnapLength = 0 }));
    }

    [Fact]
    public void The_clock_maps_virtual_time_to_the_calendar()
    {
        CaptureClock clock = CaptureClock.StartingAt(new(2013, 5, 1, 16, 52, 19, TimeSpan.FromHours(2)));
        Assert.Equal(Start, clock.ToUnixNanoseconds(new Instant(772_673_000)));
        Assert.Equal(new Instant(772_673_000), clock.ToInstant(Start));
        Assert.Equal(long.MaxValue, clock.ToUnixNanoseconds(Instant.Never));
        Assert.Throws<ArgumentOutOfRangeException>(() => CaptureClock.StartingAt(DateTimeOffset.UnixEpoch.AddTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => CaptureClock.StartingAt(DateTimeOffset.MaxValue));
    }

    private static CaptureWriter Writer(Stream stream, bool pcapng, bool leaveOpen = false)
    {
        CaptureWriter writer = pcapng
            ? new PcapngWriter(stream, new() { LeaveOpen = leaveOpen })
            : new PcapWriter(stream, new() { LeaveOpen = leaveOpen });
        writer.AddInterface(new());
        return writer;
    }

    private static int Written(Stream stream, bool pcapng, byte[] frame, int count)
    {
        WatchedStream watched = new();
        using CaptureWriter writer = Writer(stream == Stream.Null ? watched : stream, pcapng);
        for (int i = 0; i < count; i++)
        {
            writer.Write(0, Start, frame);
        }

        writer.Flush();
        return (int)watched.Length;
    }

    /// <summary>Remembers where each write ended.</summary>
    private sealed class WatchedStream(bool canSeek = true) : MemoryStream
    {
        public List<long> Ends { get; } = [];

        public override bool CanSeek => canSeek;

        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            Ends.Add(base.Length);
        }
    }

    /// <summary>A disk with that much room: takes the part that fits, then fails.</summary>
    private sealed class FullStream(int room) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = (int)Math.Min(count, room - Length);
            base.Write(buffer, offset, fits);
            if (fits < count)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
