using System.Globalization;
using SimNet.Capture;
using Xunit;
using static SimNet.Tests.Capture.CaptureSamples;

namespace SimNet.Tests.Capture;

public sealed class CaptureReaderTests
{
    public static TheoryData<bool> ByteOrders => [false, true];

    [Theory]
    [MemberData(nameof(ByteOrders))]
    public void Every_kind_of_packet_block_is_read(bool bigEndian)
    {
        BlockBytes b = new(bigEndian);
        byte[] file = b.Section()
            .Interface(1, 4, b.Option(2, "eth0"u8.ToArray()), b.Option(9, 9))
            .Block(0x0000_0BAD, new byte[70_000])
            .Enhanced(0, 1_500_000_000_123_456_789, [1, 2, 3], 60, b.Option(1, "one"u8.ToArray()), b.Option(99, 1, 2, 3),
                b.Option(2, b.U32(0x11)), b.Option(1, "two"u8.ToArray()), b.Option(0))
            .Simple([9, 8, 7, 6], 1000)
            .Simple([5, 4], 2)
            .Obsolete(0, 7, [1], b.Option(2, b.U32(2)))
            .ToArray();

        List<Packet> packets = ReadAll(file, out CaptureReader reader);
        Assert.Equal(
            [
                new(0, 1_500_000_000_123_456_789, "010203", 60, CaptureDirection.Inbound, "one\ntwo"),
                new(0, 0, "09080706", 1000, CaptureDirection.Unknown, null),
                new(0, 0, "0504", 2, CaptureDirection.Unknown, null),
                new(0, 7, "01", 1, CaptureDirection.Outbound, null),
            ],
            packets);
        Assert.Null(reader.Truncation);
        Assert.Equal("eth0", reader.Interfaces[0].Name);
    }

    [Theory]
    [InlineData(-1, 0, 1_000_000UL, 1_000_000_000L)] // no option: microseconds
    [InlineData(0, 0, 5UL, 5_000_000_000L)]
    [InlineData(3, 0, 5UL, 5_000_000L)]
    [InlineData(9, 0, 5UL, 5L)]
    [InlineData(12, 0, 5_999UL, 5L)]
    [InlineData(18, 0, ulong.MaxValue, 18_446_744_073L)]
    [InlineData(0x80 | 10, 0, 1024UL, 1_000_000_000L)]
    [InlineData(0x80 | 32, 0, 1UL << 31, 500_000_000L)]
    [InlineData(9, 1_000_000_000L, 5UL, 1_000_000_000_000_000_005L)]
    [InlineData(9, -1L, 5UL, -999_999_995L)]
    [InlineData(6, -1_000_000_000_000L, 1_000_000_000_000_000_000UL, 0L)]
    public void Units_and_offsets_of_timestamps_are_followed(int resolution, long offset, ulong units, long nanoseconds)
    {
        BlockBytes b = new(bigEndian: false);
        byte[][] options = resolution < 0 ? [] : [b.Option(9, (byte)resolution), b.Option(14, b.U64((ulong)offset))];
        byte[] file = b.Section().Interface(1, 0, options).Enhanced(0, units, [1], 1).ToArray();
        Assert.Equal(nanoseconds, Assert.Single(ReadAll(file)).Time);
    }

    [Fact]
    public void Sections_number_their_interfaces_anew_and_may_change_the_byte_order()
    {
        BlockBytes little = new(bigEndian: false);
        BlockBytes big = new(bigEndian: true);
        byte[] first = little.Section().Interface(1, 0).Interface(113, 0).Enhanced(1, 1, [1], 1).ToArray();
        byte[] second = big.Section().Interface(101, 0).Enhanced(0, 2, [2], 1).ToArray();

        List<Packet> packets = ReadAll([.. first, .. second], out CaptureReader reader);
        Assert.Equal([1, 2], packets.Select(p => p.InterfaceId));
        Assert.Equal(
            [CaptureLinkType.Ethernet, CaptureLinkType.LinuxCooked, CaptureLinkType.RawIp], reader.Interfaces.Select(i => i.LinkType));
    }

    [Theory]
    [MemberData(nameof(ByteOrders))]
    public void Names_of_both_versions_and_several_for_one_address_are_read(bool bigEndian)
    {
        BlockBytes b = new(bigEndian);
        byte[] body =
        [
            .. b.Option(1, [10, 0, 0, 1, .. "a\0b\0"u8]),
            .. b.Option(77, 1, 2, 3, 4, 5),
            .. b.Option(2, [0x20, 1, 0xD, 0xB8, .. new byte[11], 1, .. "six\0"u8]),
            .. b.Option(0),
        ];
        byte[] file = b.Section().Block(4, body).ToArray();
        ReadAll(file, out CaptureReader reader);
        Assert.Equal(["10.0.0.1 a", "10.0.0.1 b", "2001:db8::1 six"], reader.Names.Select(n => $"{n.Address} {n.Name}"));
    }

    [Theory]
    [InlineData("a1b2c3d4", 1_000L, true)]
    [InlineData("a1b23c4d", 1L, true)]
    [InlineData("d4c3b2a1", 1_000L, false)]
    [InlineData("4d3cb2a1", 1L, false)]
    public void Classic_pcap_is_read_in_each_byte_order_and_unit(string magic, long unit, bool bigEndian)
    {
        BlockBytes b = new(bigEndian);
        byte[] file =
        [
            .. Convert.FromHexString(magic), .. b.U16(2), .. b.U16(4), .. b.U32(0), .. b.U32(0), .. b.U32(96), .. b.U32(276),
            .. b.U32(uint.MaxValue), .. b.U32(999), .. b.U32(2), .. b.U32(1500), 0xAB, 0xCD,
        ];
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(file));
        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.Equal((uint.MaxValue * 1_000_000_000L) + (999 * unit), packet.UnixNanoseconds);
        Assert.Equal([0xAB, 0xCD], packet.Data.ToArray());
        Assert.Equal(1500, packet.OriginalLength);
        Assert.True(packet.IsCut);
        Assert.True(packet.HasTimestamp);
        Assert.Equal(CaptureLinkType.LinuxCooked2, packet.LinkType);
        Assert.Equal(96, reader.Interfaces[0].SnapLength);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void A_simple_packet_has_no_time()
    {
        BlockBytes b = new(bigEndian: false);
        using CaptureReader reader = CaptureReader.Open(new MemoryStream(b.Section().Interface(1, 0).Simple([1], 1).ToArray()));
        Assert.True(reader.TryRead(out CapturedPacket packet));
        Assert.False(packet.HasTimestamp);
    }

    [Fact]
    public void A_stream_that_gives_a_byte_at_a_time_reads_the_same()
    {
        List<Packet> packets = [];
        ReadInto(CaptureReader.Open(new SlowStream(Pcapng())), packets);
        Assert.Equal(ReadAll(Pcapng()), packets);
    }

    [Theory]
    [InlineData("", "capture: byte 0: the file ends after 0 bytes; a capture begins with at least 24")]
    [InlineData("1f8b0800", "capture: byte 0: begins with 1f8b0800, a gzip file; unpack it first")]
    [InlineData("23212f62", "capture: byte 0: begins with 23212f62, no capture; pcapng begins with 0a0d0d0a")]
    [InlineData("d4c3b2a1", "capture: byte 0: the file ends after 4 bytes; a pcap header has 24")]
    [InlineData("d4c3b2a1030004000000000000000000000000000100000000", "capture: byte 4: pcap version 3 is not known")]
    [InlineData("0a0d0d0a1c000000", "capture: byte 0: the file ends after 8 bytes; a pcapng section header has at least 28")]
    [InlineData("0a0d0d0a1c0000004d3c2b1b", "capture: byte 8: byte-order magic 4d3c2b1b; 1a2b3c4d or 4d3c2b1a would be right")]
    [InlineData("0a0d0d0a1b0000004d3c2b1a", "capture: byte 4: a block length of 27; a multiple of 4, at least 12, would be right")]
    [InlineData("0a0d0d0a1c0000004d3c2b1a", "capture: byte 0: the file ends after 12 bytes, within its section header of 28")]
    public void What_is_no_capture_is_said_in_one_line(string hex, string message)
    {
        CaptureFormatException thrown =
            Assert.Throws<CaptureFormatException>(() => CaptureReader.Open(new MemoryStream(Convert.FromHexString(hex))));
        Assert.StartsWith(message, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_damaged_is_said_with_its_place()
    {
        Says("a packet of interface 0, but the section has described only 0 so far", (b, f) => f.Enhanced(0, 0, [1], 1), 36);
        Says("a packet of 4294967295 bytes on the wire", (b, f) => f.Interface(1, 0).Enhanced(0, 0, [1], uint.MaxValue), 72);
        Says("a packet of 262145 captured bytes", (b, f) => f.Interface(1, 0).Enhanced(0, 0, new byte[262_145], 1), 68);
        Says("a timestamp unit of 28", (b, f) => f.Interface(1, 0, b.Option(9, 28)), 48);
        Says("a field of 200 bytes, but the block has only 0 left", (b, f) => f.Interface(1, 0, [.. b.U16(2), .. b.U16(200)]), 48);
        Says("a name record of 3 bytes", (b, f) => f.Block(4, b.Option(1, 1, 2, 3)), 38);
        Says("the block's length is repeated as 16; 12", (b, f) => f.Raw([.. b.U32(4), .. b.U32(12), .. b.U32(16)]), 36);
        Says("a block of 2147483648 bytes", (b, f) => f.Raw([.. b.U32(6), .. b.U32(0x8000_0000), .. b.U32(16)]), 32);
        Says("a timestamp of 18446744073709551615 units", (b, f) => f.Interface(1, 0).Enhanced(0, ulong.MaxValue, [1], 1), 60);
        Says("a packet of 5 captured bytes, but the block has only 4 left", (b, f) => f.Interface(1, 0).Simple([1, 2, 3, 4], 5), 60);

        static void Says(string message, Func<BlockBytes, BlockBytes, BlockBytes> build, long offset)
        {
            BlockBytes b = new(bigEndian: false);
            byte[] file = build(b, b.Section()).ToArray();
            CaptureFormatException thrown = Assert.Throws<CaptureFormatException>(() => ReadAll(file));
            Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
            string place = string.Create(CultureInfo.InvariantCulture, $"capture: byte {offset}: ");
            Assert.StartsWith(place, thrown.Message, StringComparison.Ordinal);
            Assert.Equal(offset, thrown.Offset);
        }
    }

    [Fact]
    public void A_hostile_length_takes_no_memory()
    {
        BlockBytes b = new(bigEndian: false);
        byte[] enhanced = b.Section().Raw([.. b.U32(6), .. b.U32(16 * 1024 * 1024), .. b.U32(16)]).ToArray();
        byte[] record = [.. Pcap()[..24], .. b.U32(1), .. b.U32(1), .. b.U32(262_144), .. b.U32(262_144), 1, 2];
        ReadAll(enhanced);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ReadAll(enhanced, out CaptureReader first);
        ReadAll(record, out CaptureReader second);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 400_000);
        Assert.Equal("the file ends inside the block at byte 28: 12 of at least 16777216 bytes are there", first.Truncation);
        Assert.Equal("the file ends inside the packet record at byte 24: 18 of at least 262160 bytes are there", second.Truncation);
    }

    [Fact]
    public void A_path_is_named_in_the_message()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("notes.txt");
        File.WriteAllText(path, "hello, this is no capture");
        CaptureFormatException thrown = Assert.Throws<CaptureFormatException>(() => CaptureReader.Open(path));
        Assert.StartsWith($"{path}: byte 0: begins with 68656c6c, no capture", thrown.Message, StringComparison.Ordinal);
        File.Delete(path); // closed, or Windows would refuse
    }

    private sealed class SlowStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }
}
