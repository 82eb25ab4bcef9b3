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

    [Theory]
    [InlineData(3, false, 0, "0101080a0102030400000000" + "ae0b000001" + "000002" + "000003" + "01")]
    [InlineData(3, true, 0, "020405b4" + "0402080a0102030400000000" + "ae0b000001" + "000002" + "000003" + "01" + "0103030a")]
    [InlineData(2, false, 0, "0101080a0102030400000000" + "ae08000001" + "000002")]
    [InlineData(1, false, 0, "0101080a0102030400000000" + "ae050000" + "01010101")]
    [InlineData(1, false, 1, "0101080a0102030400000000" + "ae050000" + "0101050a" + "0000000500000006")]
    [InlineData(0, false, 1, "0101080a0102030400000000" + "ae02050a" + "0000000500000006")]
    [InlineData(1, true, 0, "020405b4" + "0402080a0102030400000000" + "ae050000" + "0103030a")]
    [InlineData(0, false, 0, "0101080a0102030400000000" + "ae020101")]
    public void AccurateEcnTakesThePlaceOfNops(int fields, bool syn, int blocks, string expected)
    {
        TcpOptions options = default;
        options.WindowScale = -1;
        if (syn)
        {
            options = Syn(sack: true, timestamps: true);
        }

        options.HasTimestamps = true;
        options.TsVal = 0x01020304;
        options.SackCount = blocks;
        options.SetSack(0, new SackBlock(new(5), new(6)));
        options.HasAccurateEcn = options.AccurateEcnBeginsWithEct1 = true;
        options.AccurateEcnFields = fields;
        for (int i = 0; i < 3; i++)
        {
            options.SetAccurateEcn(i, 0xFF00_0001u + (uint)i);
        }

        Assert.Equal(expected, Written(options, TcpOptionLayout.Linux));
        Assert.True(TcpOptions.TryParse(Convert.FromHexString(expected), out TcpOptions read));
        Assert.Equal((true, true, fields), (read.HasAccurateEcn, read.AccurateEcnBeginsWithEct1, read.AccurateEcnFields));
        for (uint i = 0; i < fields; i++)
        {
            Assert.Equal(i + 1, read.GetAccurateEcn((int)i));
        }
    }

    [Theory]
    [InlineData("ac0500000a010101", false, 1, 10u)]
    [InlineData("ac0600000aff0101", false, 1, 10u)] // A part of a field is none.
    [InlineData("ae0effffff0000000000000000000101", true, 3, 0xFF_FFFFu)] // More than three are none.
    [InlineData("ac020101", false, 0, 0u)]
    [InlineData("ac0401020101", false, 0, 0u)]
    public void AccurateEcnOfAnyLengthIsRead(string bytes, bool ect1, int fields, uint first)
    {
        Assert.True(TcpOptions.TryParse(Convert.FromHexString(bytes), out TcpOptions read));
        Assert.Equal((true, ect1, fields), (read.HasAccurateEcn, read.AccurateEcnBeginsWithEct1, read.AccurateEcnFields));
        Assert.Equal(first, fields > 0 ? read.GetAccurateEcn(0) : 0);
    }

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
