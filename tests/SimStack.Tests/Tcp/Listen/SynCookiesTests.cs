using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Tcp.Listen;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Listen;

/// <summary>What a cookie keeps, and for how long. Where a table says so its values were seen at a Linux 6.18 kernel.</summary>
public sealed class SynCookiesTests
{
    private const long Minute = 60_000_000_000;

    private static readonly SynCookies Cookies = new(new SipHash(11, 12), new SipHash(13, 14));

    /// <summary>SYNs with these options, and TCP_MAXSEG of the connection that the kernel made of the cookie.</summary>
    [Theory]
    [InlineData(false, 0, 536)]
    [InlineData(false, 88, 536)]
    [InlineData(false, 535, 536)]
    [InlineData(false, 1299, 536)]
    [InlineData(false, 1300, 1300)]
    [InlineData(false, 1439, 1300)]
    [InlineData(false, 1440, 1440)]
    [InlineData(false, 1459, 1440)]
    [InlineData(false, 1460, 1460)]
    [InlineData(false, 1461, 1460)]
    [InlineData(false, 9000, 1460)]
    [InlineData(true, 0, 1220)]
    [InlineData(true, 1219, 1220)]
    [InlineData(true, 1419, 1220)]
    [InlineData(true, 1420, 1420)]
    [InlineData(true, 1439, 1420)]
    [InlineData(true, 1440, 1440)]
    [InlineData(true, 8939, 1440)]
    [InlineData(true, 8940, 8940)]
    [InlineData(true, 9000, 8940)]
    public void The_mss_that_comes_back_is_the_kernels(bool ipv6, int announced, int kept)
    {
        Instant now = new(17 * Minute);
        uint iss = Cookies.Make(now, Segment(ipv6, 1000, 0), announced);
        Assert.Equal(kept, Cookies.Read(now, Segment(ipv6, 1001, iss + 1)));
    }

    /// <summary>At the kernel: SYNs of one 4-tuple within a minute, with these MSS and numbers, and how far their ISS lay from the first's.</summary>
    [Theory]
    [InlineData(false, 1460, 1000, 3)]
    [InlineData(false, 1440, 1000, 2)]
    [InlineData(false, 1300, 1000, 1)]
    [InlineData(false, 536, 1000, 0)]
    [InlineData(false, 1460, 5000, 4003)]
    [InlineData(true, 1460, 1000, 2)]
    [InlineData(true, 1440, 1000, 2)]
    [InlineData(true, 1300, 1000, 0)]
    [InlineData(true, 1460, 5000, 4002)]
    public void Numbers_lie_apart_as_the_kernels(bool ipv6, int mss, uint seq, uint apart)
    {
        Instant now = new(Minute);
        uint first = Cookies.Make(now, Segment(ipv6, 1000, 0), 536);
        // The low 24 bits carry hash and MSS; their sum does not reach the minute's.
        Assert.Equal(apart & 0xFFFFFF, unchecked(Cookies.Make(now, Segment(ipv6, seq, 0), mss) - first) & 0xFFFFFF);
    }

    [Theory]
    [InlineData(0, 59, true)]
    [InlineData(0, 119, true)]
    [InlineData(0, 120, false)]
    [InlineData(59, 61, true)]
    [InlineData(59, 119, true)]
    [InlineData(59, 121, false)]
    [InlineData(255 * 60, 256 * 60, true)]
    [InlineData(0, 256 * 60, false)]
    public void It_is_good_in_its_minute_and_the_next(int made, int read, bool good)
    {
        uint iss = Cookies.Make(new Instant(made * 1_000_000_000L), Segment(false, 7, 0), 1460);
        Assert.Equal(good ? 1460 : 0, Cookies.Read(new Instant(read * 1_000_000_000L), Segment(false, 8, iss + 1)));
    }

    [Fact]
    public void It_belongs_to_its_addresses_ports_and_number()
    {
        Instant now = new(5 * Minute);
        uint iss = Cookies.Make(now, Segment(false, 500, 0), 1460);
        TcpSegment right = Segment(false, 501, iss + 1);
        Assert.Equal(1460, Cookies.Read(now, right));
        TcpSegment wrong = right;
        wrong.SourcePort++;
        Assert.Equal(0, Cookies.Read(now, wrong));
        wrong = right;
        wrong.DestinationPort++;
        Assert.Equal(0, Cookies.Read(now, wrong));
        wrong = right;
        wrong.Source = IpAddress.Parse("10.0.0.3");
        Assert.Equal(0, Cookies.Read(now, wrong));
        wrong = right;
        wrong.Destination = IpAddress.Parse("10.0.0.3");
        Assert.Equal(0, Cookies.Read(now, wrong));
        wrong = right;
        wrong.Seq += 100;
        Assert.Equal(0, Cookies.Read(now, wrong));

        // As at the kernel: one more is beyond the table, one less is the MSS before.
        wrong = right;
        wrong.Ack += 1;
        Assert.Equal(0, Cookies.Read(now, wrong));
        wrong.Ack += -2;
        Assert.Equal(1440, Cookies.Read(now, wrong));
    }

    [Fact]
    public void A_timestamp_keeps_the_options_and_is_never_of_the_future()
    {
        for (uint clock = 1_000_000; clock < 1_000_064; clock++)
        {
            for (int scale = -1; scale <= 14; scale++)
            {
                for (int bits = 0; bits < 4; bits++)
                {
                    bool sack = (bits & 1) != 0, ecn = (bits & 2) != 0;
                    uint value = SynCookies.PutOptions(clock, scale, sack, ecn);
                    Assert.InRange(clock - value, 0u, 63u);
                    Assert.Equal((scale, sack, ecn), SynCookies.TakeOptions(value));
                }
            }
        }
    }

    /// <summary>Where the bits are: net/ipv4/syncookies.c, TS_OPT_WSCALE_MASK and the two above.</summary>
    [Theory]
    [InlineData(-1, false, false, 0x0F)]
    [InlineData(0, false, false, 0x00)]
    [InlineData(7, true, false, 0x17)]
    [InlineData(14, true, true, 0x3E)]
    public void The_bits_are_the_kernels(int scale, bool sack, bool ecn, uint low) =>
        Assert.Equal(0x1240u | low, SynCookies.PutOptions(0x127F, scale, sack, ecn));

    private static TcpSegment Segment(bool ipv6, uint seq, uint ack) => new()
    {
        Source = IpAddress.Parse(ipv6 ? "fd00::2" : "10.0.0.2"),
        Destination = IpAddress.Parse(ipv6 ? "fd00::1" : "10.0.0.1"),
        SourcePort = 5000,
        DestinationPort = 80,
        Seq = new SequenceNumber(seq),
        Ack = new SequenceNumber(ack),
    };
}
