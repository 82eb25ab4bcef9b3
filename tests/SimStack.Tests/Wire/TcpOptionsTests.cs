using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Wire;

public sealed class TcpOptionsTests
{
    internal static void AssertSame(in TcpOptions a, in TcpOptions b)
    {
        Assert.Equal((a.Mss, a.WindowScale, a.SackPermitted, a.HasTimestamps), (b.Mss, b.WindowScale, b.SackPermitted, b.HasTimestamps));
        Assert.Equal((a.TsVal, a.TsEcr, a.SackCount), (b.TsVal, b.TsEcr, b.SackCount));
        for (int i = 0; i < a.SackCount; i++)
        {
            Assert.Equal(a.GetSack(i), b.GetSack(i));
        }

        Assert.Equal((a.HasFastOpen, a.FastOpenCookieLength, a.FastOpenIsExperimental), (b.HasFastOpen, b.FastOpenCookieLength, b.FastOpenIsExperimental));
        byte[] first = new byte[16];
        byte[] second = new byte[16];
        a.GetFastOpenCookie(first);
        b.GetFastOpenCookie(second);
        Assert.Equal(first, second);
        Assert.Equal((a.HasUserTimeout, a.UserTimeout, a.HasMd5), (b.HasUserTimeout, b.UserTimeout, b.HasMd5));
    }

    private static string Written(in TcpOptions options, TcpOptionLayout layout)
    {
        byte[] header = new byte[60];
        int length = TcpWriter.Write(header, 1, 2, new(3), new(4), TcpFlags.Syn, 5, 0, options, layout);
        return Convert.ToHexStringLower(header.AsSpan(20, length - 20));
    }

    private static TcpOptions Syn(bool sack, bool timestamps)
    {
        TcpOptions options = default;
        options.Mss = 1460;
        options.WindowScale = 10;
        options.SackPermitted = sack;
        options.HasTimestamps = timestamps;
        options.TsVal = timestamps ? 0x01020304u : 0;
        return options;
    }

    [Theory]
    [InlineData(true, true, "020405b4" + "0402080a0102030400000000" + "0103030a")]
    [InlineData(true, false, "020405b4" + "01010402" + "0103030a")]
    [InlineData(false, true, "020405b4" + "0101080a0102030400000000" + "0103030a")]
    [InlineData(false, false, "020405b4" + "0103030a")]
    public void LinuxOrder(bool sack, bool timestamps, string expected) =>
        Assert.Equal(expected, Written(Syn(sack, timestamps), TcpOptionLayout.Linux));

    [Theory]
    [InlineData(true, true, "020405b4" + "0103030a" + "0402080a0102030400000000")]
    [InlineData(true, false, "020405b4" + "0103030a" + "01010402")]
    public void WindowsOrder(bool sack, bool timestamps, string expected) =>
        Assert.Equal(expected, Written(Syn(sack, timestamps), TcpOptionLayout.Windows));

    [Fact]
    public void FastOpenComesLastPaddedBehind()
    {
        TcpOptions options = Syn(true, true);
        options.SetFastOpenCookie([1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.EndsWith("0103030a" + "220a0102030405060708" + "0101", Written(options, TcpOptionLayout.Linux), StringComparison.Ordinal);
        options.FastOpenIsExperimental = true;
        Assert.EndsWith("0103030a" + "fe0cf9890102030405060708", Written(options, TcpOptionLayout.Linux), StringComparison.Ordinal);
    }

    [Fact]
    public void SackBlocksThatDoNotFitAreLeftOut()
    {
        TcpOptions options = default;
        options.HasTimestamps = true;
        for (uint i = 0; i < 4; i++)
        {
            Assert.True(options.AddSack(new SackBlock(new(i * 10), new(i * 10 + 5))));
        }

        Assert.False(options.AddSack(default));
        byte[] header = new byte[60];
        int length = TcpWriter.Write(header, 1, 2, new(3), new(4), TcpFlags.Ack, 5, 0, options, TcpOptionLayout.Linux);
        Assert.Equal(60, length);
        Assert.True(TcpOptions.TryParse(header.AsSpan(20), out TcpOptions parsed));
        Assert.Equal(3, parsed.SackCount);
        options.HasTimestamps = false;
        length = TcpWriter.Write(header, 1, 2, new(3), new(4), TcpFlags.Ack, 5, 0, options, TcpOptionLayout.Linux);
        Assert.True(TcpOptions.TryParse(header.AsSpan(20, length - 20), out parsed));
        Assert.Equal((56, 4), (length, parsed.SackCount));
    }

    [Fact]
    public void DefaultHasNothing()
    {
        TcpOptions options = default;
        Assert.Equal((0, -1, false, false, 0), (options.Mss, options.WindowScale, options.SackPermitted, options.HasTimestamps, options.SackCount));
        Assert.Equal(0, TcpWriter.MeasureOptions(options, TcpOptionLayout.Linux));
    }

    [Theory]
    [InlineData("0200")]             // length 0
    [InlineData("0301")]             // length 1
    [InlineData("020405")]           // beyond the end
    [InlineData("01010108")]         // kind without length
    [InlineData("fe00")]
    [InlineData("080a00000000")]
    [Trait("RFC9293", "MUST-7")]
    public void MalformedIsRefused(string hex) => Assert.False(TcpOptions.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("020305")]           // MSS of length 3
    [InlineData("0302")]
    [InlineData("040300")]
    [InlineData("0802")]
    [InlineData("050300")]
    [InlineData("050c0000000000000000" + "0000")]
    [InlineData("1304" + "0000")]
    [InlineData("1c03" + "00")]
    [InlineData("2203" + "00")]
    public void KnownKindOfWrongLengthIsIgnored(string hex)
    {
        Assert.True(TcpOptions.TryParse(Convert.FromHexString(hex), out TcpOptions options));
        AssertSame(default, options);
    }

    [Fact]
    [Trait("RFC9293", "MUST-6")]
    public void UnknownOptionsAreCountedAndReachable()
    {
        byte[] bytes = Convert.FromHexString("01" + "63031e" + "020405b4" + "fe041234" + "00" + "02");
        Assert.True(TcpOptions.TryParse(bytes, out TcpOptions options));
        Assert.Equal((2, 1460), (options.UnknownCount, options.Mss));
        TcpOptionReader reader = new(bytes);
        List<string> seen = [];
        while (reader.MoveNext())
        {
            seen.Add($"{(byte)reader.Kind}@{reader.Offset}:{Convert.ToHexStringLower(reader.Data)}");
        }

        Assert.Equal(["1@0:", "99@1:1e", "2@4:05b4", "254@8:1234", "0@12:"], seen);
        Assert.False(reader.IsMalformed);
    }

    [Fact]
    public void Md5OffsetPointsAtTheDigest()
    {
        TcpOptions options = default;
        options.HasMd5 = true;
        byte[] header = new byte[60];
        int length = TcpWriter.Write(header, 1, 2, new(3), new(4), TcpFlags.Ack, 5, 0, options, TcpOptionLayout.Linux);
        Assert.True(TcpOptions.TryParse(header.AsSpan(20, length - 20), out TcpOptions parsed));
        Assert.Equal((40, 4), (length, parsed.Md5Offset));
    }

    [Fact]
    public void WindowScaleAbove14IsKeptRaw()
    {
        Assert.True(TcpOptions.TryParse([3, 3, 200, 0], out TcpOptions options));
        Assert.Equal(127, options.WindowScale);
        Assert.True(TcpOptions.TryParse([3, 3, 15, 0], out options));
        Assert.Equal(15, options.WindowScale);
    }
}
