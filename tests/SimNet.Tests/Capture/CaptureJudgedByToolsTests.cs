using System.Globalization;
using SimNet.Capture;
using SimStack.Ip;
using Xunit;
using static SimNet.Tests.Capture.CaptureSamples;

namespace SimNet.Tests.Capture;

/// <summary>Our files as Wireshark's and tcpdump's own readers see them.</summary>
public sealed class CaptureJudgedByToolsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Capinfos_counts_the_packets_and_sees_strict_time_order()
    {
        string path = Save("x.pcapng", Pcapng());
        string[] fields = ExternalTool.Run("capinfos", "-T", "-r", "-B", "-t", "-c", "-o", "-k", path).Lines[0].Split('\t');
        Assert.Contains("pcapng", fields);
        Assert.Contains("4", fields);
        Assert.Contains("True", fields);
        Assert.Contains("two hosts", fields);

        string text = ExternalTool.Run("capinfos", "-I", "-F", path).Output;
        Assert.Contains("sim (Simulator 0.1.0)", text, StringComparison.Ordinal);
        Assert.Contains("Name = client.eth0", text, StringComparison.Ordinal);
        Assert.Contains("Description = the client's card", text, StringComparison.Ordinal);
        Assert.Contains("Name = server.eth0", text, StringComparison.Ordinal);
        Assert.Contains("Capture length = 60", text, StringComparison.Ordinal);
        Assert.Contains("Number of packets = 2", text, StringComparison.Ordinal);
        Assert.Contains("Time precision = nanoseconds (9)", text, StringComparison.Ordinal);
        Assert.Contains("Number of stat entries = 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tshark_shows_times_comments_interfaces_and_directions()
    {
        string path = Save("x.pcapng", Pcapng());
        string[] lines = ExternalTool.Run(
            "tshark", "-r", path, "-T", "fields", "-E", "separator=|", "-e", "frame.time_epoch", "-e", "frame.interface_name",
            "-e", "frame.packet_flags_direction", "-e", "frame.len", "-e", "frame.cap_len", "-e", "frame.comment").Lines;
        Assert.Equal(
            [
                "1367419939.772673000|client.eth0|0x00000002|74|74|SYN-SENT → ESTABLISHED",
                "1367419939.772673001|server.eth0|0x00000001|74|60|",
                "1367419939.772673002|server.eth0|0x00000002|74|60|dropped: link loss",
                "1367419940.772673003|client.eth0|0x00000001|75|75|",
            ],
            lines);
    }

    [Fact]
    public void Tshark_resolves_the_host_names_of_the_file()
    {
        string path = Save("x.pcapng", Pcapng());
        string[] lines = ExternalTool.Run(
            "tshark", "-r", path, "-N", "n", "-T", "fields", "-e", "ip.src_host", "-e", "ip.dst_host").Lines;
        Assert.Equal(["client\tserver", "client\tserver", "server\tclient", "server\tclient"], lines);

        string hosts = ExternalTool.Run("tshark", "-r", path, "-q", "-z", "hosts").Output;
        Assert.Matches(@"2001:db8::1\s+client6", hosts);
    }

    [Fact]
    public void Tshark_finds_nothing_to_complain_about_in_a_file_without_cut_frames()
    {
        string path = Save("x.pcap", Pcap());
        string filter = "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0";
        Assert.Equal("", ExternalTool.Run("tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-Y", filter).Output);
    }

    [Theory]
    [InlineData(true, "1367419939.772673000 IP 10.0.0.1 > 10.0.0.2: ICMP echo request", "1367419939.776677004 IP ")]
    [InlineData(false, "1367419939.772673 IP 10.0.0.1 > 10.0.0.2: ICMP echo request", "1367419939.776677 IP ")]
    public void Classic_pcap_is_what_the_tools_take_it_for(bool nanoseconds, string first, string last)
    {
        string path = Save("x.pcap", Pcap(nanoseconds));
        string info = ExternalTool.Run("capinfos", path).Output;
        Assert.Equal(nanoseconds, info.Contains("nanosecond pcap", StringComparison.Ordinal));
        Assert.Matches(@"Number of packets:\s+5", info);
        Assert.Matches(@"Strict time order:\s+True", info);
        Assert.Matches(@"File encapsulation:\s+Ethernet", info);

        string[] lines = ExternalTool.Run("tcpdump", "-n", "-tt", nanoseconds ? "--nano" : "--micro", "-r", path).Lines;
        Assert.Equal(5, lines.Length);
        Assert.StartsWith(first, lines[0], StringComparison.Ordinal);
        Assert.StartsWith(last, lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void Tcpdump_reads_pcapng_from_its_standard_input()
    {
        MemoryStream stream = new();
        using (PcapngWriter writer = new(stream, new() { LeaveOpen = true }))
        {
            writer.AddInterface(new() { Name = "eth0" });
            writer.AddName(IpAddress.Parse("10.0.0.1"), "client");
            writer.Write(0, Start, Ping(1), CaptureDirection.Inbound, "comment");
        }

        Assert.Equal(
            ["14:52:19.772673 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 40"],
            ExternalTool.Run("tcpdump", stream.ToArray(), ["-n", "-r", "-"]).Lines);
    }

    [Fact]
    public void A_file_cut_short_by_a_full_disk_opens_without_a_complaint()
    {
        byte[] all = Pcapng();
        string path = _folder.File("cut.pcapng");
        using (FileStream file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
        using (PcapngWriter writer = new(new LimitedStream(file, all.Length - 100), new() { LeaveOpen = true }))
        {
            writer.AddInterface(new());
            for (int i = 0; i < 20; i++)
            {
                writer.Write(0, Start + i, Ping(i));
            }

            Assert.Throws<CaptureWriteException>(writer.Flush);
        }

        int count = ReadAll(File.ReadAllBytes(path)).Count;
        Assert.InRange(count, 1, 19);
        string info = ExternalTool.Run("capinfos", "-c", path).Output;
        Assert.Matches(string.Create(CultureInfo.InvariantCulture, $@"Number of packets:\s+{count}\b"), info);
    }

    [Fact]
    public void Every_shared_capture_has_as_many_packets_as_capinfos_counts()
    {
        string[] paths = SharedCaptures();
        IEnumerable<string> counts = paths.Select(path =>
        {
            int count = ReadAll(File.ReadAllBytes(path), out CaptureReader reader).Count;
            Assert.Null(reader.Truncation);
            return string.Create(CultureInfo.InvariantCulture, $"{path}\t{count}");
        });
        Assert.Equal(ExternalTool.Run("capinfos", ["-T", "-r", "-M", "-c", .. paths]).Lines, counts);
    }

    [Theory]
    [InlineData("three-segment-close.client.pcap")]
    [InlineData("four-segment-close-ipv6.server.pcap")]
    [InlineData("sack-three-holes.server.pcap")]
    public void A_shared_capture_is_read_as_tshark_reads_it(string name)
    {
        string path = Path.Combine(SharedFolder.Require("captures", "linux-6.18"), name);
        using CaptureReader reader = CaptureReader.Open(path);
        List<string> lines = [];
        while (reader.TryRead(out CapturedPacket packet))
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{packet.UnixNanoseconds / 1_000_000_000m:0.000000000}|{packet.OriginalLength}|{packet.CapturedLength}"));
        }

        string[] expected = ExternalTool.Run(
            "tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|",
            "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.cap_len").Lines;
        Assert.Equal(expected, lines);
    }

    [Fact]
    public void Every_shared_capture_survives_being_copied_in_both_formats()
    {
        foreach (string path in SharedCaptures())
        {
            byte[] original = File.ReadAllBytes(path);
            List<Packet> packets = ReadAll(original, out CaptureReader reader);
            Assert.Equal(packets, ReadAll(Copy(packets, stream => new PcapngWriter(stream, new() { LeaveOpen = true }))));
            PcapOptions options = new() { LeaveOpen = true, SnapLength = reader.Interfaces[0].SnapLength };
            byte[] pcap = Copy(packets, stream => new PcapWriter(stream, options));
            Assert.Equal(original, pcap);
        }
    }

    private static string[] SharedCaptures()
    {
        string[] paths = Directory.GetFiles(SharedFolder.Require("captures"), "*.pcap*", SearchOption.AllDirectories);
        Array.Sort(paths, StringComparer.Ordinal);
        Assert.NotEmpty(paths);
        return paths;
    }

    private static byte[] Copy(List<Packet> packets, Func<Stream, CaptureWriter> create)
    {
        MemoryStream stream = new();
        using (CaptureWriter writer = create(stream))
        {
            writer.AddInterface(new());
            foreach (Packet p in packets)
            {
                writer.Write(p.InterfaceId, p.Time, Convert.FromHexString(p.Data), p.Direction, p.Comment, p.OriginalLength);
            }
        }

        return stream.ToArray();
    }

    private string Save(string name, byte[] bytes)
    {
        string path = _folder.File(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Passes bytes on to a file until its room is used up.</summary>
    private sealed class LimitedStream(Stream inner, int room) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => true;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = (int)Math.Min(count, room - inner.Length);
            inner.Write(buffer, offset, fits);
            if (fits < count)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
