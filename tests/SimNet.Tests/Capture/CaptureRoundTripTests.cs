using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SimNet.Capture;
using Xunit;
using static SimNet.Tests.Capture.CaptureSamples;

namespace SimNet.Tests.Capture;

public sealed class CaptureRoundTripTests
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithReplay(20260101, 7);

    private static Gen<Packet> PacketGen(long lastTime) =>
        from interfaceId in Gen.Choose(0, 2)
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        from length in Gen.OneOf(Gen.Choose(0, 80), Gen.Choose(0, 1514), Gen.Choose(60_000, 65_600))
        from fill in Gen.Choose(0, 255)
        from extra in Gen.OneOf(Gen.Constant(0), Gen.Choose(1, 5000))
        from direction in Gen.Elements(CaptureDirection.Unknown, CaptureDirection.Inbound, CaptureDirection.Outbound)
        from comment in Gen.Elements(null, "x", "ab", "abc", "SYN-SENT → ESTABLISHED", "𝄞 \n two lines", new string('€', 30_000))
        let time = (long)((((ulong)high << 31) | (uint)low) % (ulong)lastTime)
        select new Packet(interfaceId, time, Bytes(length, fill), length + extra, direction, comment);

    [Fact]
    public void Pcapng_gives_back_what_was_written() =>
        Prop.ForAll(PacketGen(long.MaxValue).ListOf().ToArbitrary(), packets =>
        {
            MemoryStream stream = new();
            using (PcapngWriter writer = new(stream, new() { LeaveOpen = true }))
            {
                for (int i = 0; i < 3; i++)
                {
                    writer.AddInterface(new() { Name = $"if{i}" });
                }

                foreach (Packet p in packets)
                {
                    writer.Write(p.InterfaceId, p.Time, Convert.FromHexString(p.Data), p.Direction, p.Comment, p.OriginalLength);
                }
            }

            List<Packet> expected = [.. packets.Select(p => p with { Comment = CutComment(p.Comment) })];
            Assert.Equal(expected, ReadAll(stream.ToArray(), out CaptureReader reader));
            Assert.Null(reader.Truncation);
            Assert.Equal(["if0", "if1", "if2"], reader.Interfaces.Select(i => i.Name));
        }).Check(Fixed);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pcap_gives_back_what_it_can_hold(bool nanoseconds) =>
        Prop.ForAll(PacketGen(uint.MaxValue * 1_000_000_000L).ListOf().ToArbitrary(), packets =>
        {
            MemoryStream stream = new();
            using (PcapWriter writer = new(stream, new() { Nanoseconds = nanoseconds, LeaveOpen = true }))
            {
                for (int i = 0; i < 3; i++)
                {
                    writer.AddInterface(new());
                }

                foreach (Packet p in packets)
                {
                    writer.Write(p.InterfaceId, p.Time, Convert.FromHexString(p.Data), p.Direction, p.Comment, p.OriginalLength);
                }
            }

            List<Packet> expected = [.. packets.Select(p => p with
            {
                InterfaceId = 0,
                Time = nanoseconds ? p.Time : p.Time / 1000 * 1000,
                Direction = CaptureDirection.Unknown,
                Comment = null,
            })];
            Assert.Equal(expected, ReadAll(stream.ToArray(), out CaptureReader reader));
            Assert.Null(reader.Truncation);
            Assert.Equal(CaptureFormat.Pcap, reader.Format);
        }).Check(Fixed);

    [Fact]
    public void Interfaces_names_and_texts_come_back()
    {
        List<Packet> packets = ReadAll(Pcapng(), out CaptureReader reader);

        Assert.Equal("sim (Simulator 0.1.0)", reader.Application);
        Assert.Equal("two hosts", reader.FileComment);
        Assert.Equal(CaptureFormat.Pcapng, reader.Format);
        Assert.Equal(
            [new() { Name = "client.eth0", Description = "the client's card" }, new() { Name = "server.eth0", SnapLength = 60 }],
            reader.Interfaces);
        Assert.Equal(["10.0.0.1 client", "10.0.0.2 server", "2001:db8::1 client6"], reader.Names.Select(n => $"{n.Address} {n.Name}"));
        Assert.Equal(4, reader.PacketCount);
        Assert.Equal(["SYN-SENT → ESTABLISHED", null, "dropped: link loss", null], packets.Select(p => p.Comment));
        Assert.Equal([74, 60, 60, 75], packets.Select(p => p.Data.Length / 2));
        Assert.Equal([74, 74, 74, 75], packets.Select(p => p.OriginalLength));
    }

    [Fact]
    public void Same_input_gives_the_same_bytes() => Assert.Equal(Pcapng(), Pcapng());

    [Fact]
    public void A_utf8_comment_that_is_too_long_is_cut_between_characters()
    {
        MemoryStream stream = new();
        using (PcapngWriter writer = new(stream, new() { LeaveOpen = true }))
        {
            writer.AddInterface(new());
            writer.Write(0, 0, [1], CaptureDirection.Unknown, Encoding.UTF8.GetBytes("x" + new string('€', 22_000)));
        }

        Assert.Equal("x" + new string('€', 21_844), Assert.Single(ReadAll(stream.ToArray())).Comment);
    }

    private static string? CutComment(string? comment) =>
        comment is { Length: > 21_845 } ? comment[..21_845] : comment;

    private static string Bytes(int length, int fill)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)(fill + (i * 7));
        }

        return Convert.ToHexString(bytes);
    }
}
