using SimNet.Capture;
using Xunit;
using static SimNet.Tests.Capture.CaptureSamples;

namespace SimNet.Tests.Capture;

/// <summary>Whatever happens to a file, the reader delivers packets, stops, or says what is wrong; nothing else.</summary>
public sealed class DamagedCaptureTests
{
    public static TheoryData<string> Samples => ["pcapng", "pcapng-big-endian", "pcap-ns", "pcap-us"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Cut_at_any_byte_a_file_gives_its_first_packets(string sample)
    {
        byte[] file = Sample(sample);
        List<Packet> all = ReadAll(file);
        int most = 0;
        for (int length = 0; length < file.Length; length++)
        {
            List<Packet> packets = [];
            try
            {
                using CaptureReader reader = CaptureReader.Open(new MemoryStream(file, 0, length));
                ReadInto(reader, packets);
                Assert.False(reader.TryRead(out _));
            }
            catch (CaptureFormatException)
            {
                int header = sample.StartsWith("pcapng", StringComparison.Ordinal) ? Math.Max(file[4], file[7]) : 24;
                Assert.True(length < header, "only a file without its whole header is no capture");
            }

            Assert.Equal(all.Take(packets.Count), packets);
            Assert.True(packets.Count >= most, "more bytes never give fewer packets");
            most = packets.Count;
        }

        Assert.True(most >= all.Count - 1);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_cut_inside_a_block_is_reported(string sample)
    {
        byte[] file = Sample(sample);
        ReadAll(file[..^1], out CaptureReader reader);
        Assert.StartsWith("the file ends inside the ", reader.Truncation, StringComparison.Ordinal);
        ReadAll(file, out reader);
        Assert.Null(reader.Truncation);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_byte_set_to_extremes_is_survived(string sample)
    {
        byte[] file = Sample(sample);
        for (int at = 0; at < file.Length; at++)
        {
            foreach (byte value in (ReadOnlySpan<byte>)[0, 1, 0x7F, 0x80, 0xFF])
            {
                byte[] damaged = [.. file];
                damaged[at] = value;
                ReadTolerating(damaged);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Random_damage_is_survived(string sample)
    {
        byte[] file = Sample(sample);
        ulong state = 0x9E37_79B9_7F4A_7C15;
        int failures = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] damaged = [.. file];
            int changes = 1 + Next(8);
            for (int i = 0; i < changes; i++)
            {
                damaged[Next(damaged.Length)] = (byte)Next(256);
            }

            failures += ReadTolerating(damaged[..(1 + Next(damaged.Length))]) ? 0 : 1;
        }

        Assert.InRange(failures, 100, 4990);

        int Next(int limit)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return (int)(state % (ulong)limit);
        }
    }

    [Fact]
    public void A_packet_with_a_million_empty_comments_is_read_in_good_time()
    {
        BlockBytes b = new(bigEndian: false);
        byte[] comments = new byte[4_000_000];
        for (int i = 0; i < comments.Length; i += 4)
        {
            comments[i] = 1;
        }

        byte[] file = b.Section().Interface(1, 0).Enhanced(0, 1, [1], 1, comments).ToArray();
        Assert.Equal(999_999, Assert.Single(ReadAll(file)).Comment!.Length);
    }

    private static byte[] Sample(string name) => name switch
    {
        "pcapng" => Pcapng(),
        "pcapng-big-endian" => BigEndian(),
        "pcap-ns" => Pcap(),
        _ => Pcap(nanoseconds: false),
    };

    private static byte[] BigEndian()
    {
        BlockBytes b = new(bigEndian: true);
        return b.Section()
            .Interface(1, 100, b.Option(2, "eth0"u8.ToArray()), b.Option(9, 0x80 | 20), b.Option(14, b.U64(99)), b.Option(0))
            .Block(4, [.. b.Option(1, [10, 0, 0, 1, .. "client\0"u8]), .. b.Option(0)])
            .Block(0xBAD, [1, 2, 3, 4, 5])
            .Enhanced(0, 12345, Ping(1), 74, b.Option(1, "comment"u8.ToArray()), b.Option(2, b.U32(1)), b.Option(0))
            .Simple(Ping(2), 74)
            .Section()
            .Interface(113, 0)
            .Obsolete(0, 7, Ping(3), b.Option(1, "old"u8.ToArray()))
            .ToArray();
    }

    /// <summary>True when the file was read to its end; any exception but the reader's own fails the test.</summary>
    private static bool ReadTolerating(byte[] file)
    {
        try
        {
            List<Packet> packets = [];
            using CaptureReader reader = CaptureReader.Open(new MemoryStream(file));
            ReadInto(reader, packets);
            Assert.True(packets.Count <= file.Length / 16, "every packet takes room");
            return true;
        }
        catch (CaptureFormatException error)
        {
            Assert.DoesNotContain('\n', error.Message);
            Assert.InRange(error.Offset, 0, file.Length);
            return false;
        }
    }
}
