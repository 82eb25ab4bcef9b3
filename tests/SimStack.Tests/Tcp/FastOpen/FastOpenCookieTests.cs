using SimStack.Ip;
using SimStack.Tcp.FastOpen;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.FastOpen;

/// <summary>The server's cookies. The numbers were read from a Linux 6.18 kernel with these keys and addresses.</summary>
public sealed class FastOpenCookieTests
{
    private const string Zeros = "00000000-00000000-00000000-00000000";
    private const string Counted = "01234567-89abcdef-fedcba98-76543210";
    private const string Odd = "deadbeef-00000001-ffffffff-80000000";

    [Theory]
    [InlineData(Zeros, "10.20.30.40", "10.50.60.70", "acc5d12f2950c918")]
    [InlineData(Zeros, "127.0.0.1", "127.0.0.1", "b6ac77aad496a764")]
    [InlineData(Zeros, "fd00:1:2::3", "fd00:4:5::6", "e2d05cef6db6a7c8")]
    [InlineData(Zeros, "::1", "::1", "cca4dcc0493ef52c")]
    [InlineData(Counted, "10.20.30.40", "10.50.60.70", "191841d1462bf166")]
    [InlineData(Counted, "127.0.0.1", "127.0.0.1", "fb58259eeaf4702e")]
    [InlineData(Counted, "fd00:1:2::3", "fd00:4:5::6", "4415f628fc5aae35")]
    [InlineData(Counted, "::1", "::1", "e421807db36eb541")]
    [InlineData(Odd, "10.20.30.40", "10.50.60.70", "f760e0874fdd5157")]
    [InlineData(Odd, "127.0.0.1", "127.0.0.1", "5190a8813fc5ae91")]
    [InlineData(Odd, "fd00:1:2::3", "fd00:4:5::6", "303bd5bdd857ef13")]
    [InlineData(Odd, "::1", "::1", "811c43d27b7db37b")]
    public void The_cookie_is_that_of_a_kernel(string key, string client, string server, string cookie)
    {
        FastOpenKeys keys = FastOpenKeys.Parse(key)!;
        Assert.Equal(cookie, Text(keys.Make(IpAddress.Parse(client), IpAddress.Parse(server))));
        FastOpenKeys backup = new(FastOpenKey.Parse("1-2-3-4")!.Value, keys.Primary);
        FastOpenCookie made = keys.Make(IpAddress.Parse(client), IpAddress.Parse(server));
        Assert.Equal(1, keys.Find(made, IpAddress.Parse(client), IpAddress.Parse(server)));
        Assert.Equal(2, backup.Find(made, IpAddress.Parse(client), IpAddress.Parse(server)));
        Assert.Equal(0, backup.Find(made, IpAddress.Parse(server), IpAddress.Parse("10.0.0.9")));
    }

    [Theory]
    [InlineData(Counted, Counted)]
    [InlineData(" 1-2-3-4 ", "00000001-00000002-00000003-00000004")]
    [InlineData(Counted + "," + Odd, Counted + "," + Odd)]
    [InlineData("DEADBEEF-1-2-3", "deadbeef-00000001-00000002-00000003")]
    [InlineData("", null)]
    [InlineData("1-2-3", null)]
    [InlineData("1-2-3-4-5", null)]
    [InlineData("1-2-3-g", null)]
    [InlineData("-1-2-3-4", null)]
    [InlineData("123456789-1-1-1", null)]
    [InlineData("1-2-3-4,", null)]
    [InlineData("1-2-3-4,1-2-3-4,1-2-3-4", null)]
    public void Keys_as_text(string text, string? shown) => Assert.Equal(shown, FastOpenKeys.Parse(text)?.ToString());

    [Theory]
    [InlineData(0, 0)]
    [InlineData(15, 0)]
    [InlineData(16, 16)]
    [InlineData(17, 0)]
    [InlineData(32, 32)]
    [InlineData(33, 0)]
    public void Keys_as_bytes(int length, int kept)
    {
        byte[] bytes = Dialogue.Bytes(7, length);
        byte[] got = FastOpenKeys.FromBytes(bytes)?.ToBytes() ?? [];
        Assert.Equal(bytes[..kept], got);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("01020304", 4)]
    [InlineData("000102030405060708090a0b0c0d0e0f", 16)]
    public void A_cookie_goes_through_the_option(string hex, int length)
    {
        TcpOptions options = default;
        options.SetFastOpenCookie(Convert.FromHexString(hex));
        options.FastOpenIsExperimental = true;
        var cookie = FastOpenCookie.Of(options);
        Assert.Equal(length, cookie.Length);
        Assert.True(cookie.IsExperimental);
        Assert.Equal(length > 0, cookie.HasCookie);
        Assert.Equal(hex, Text(cookie));
        Assert.Equal(-1, FastOpenCookie.Of(default).Length);
        Assert.False(default(FastOpenCookie).IsPresent);
    }

    private static string Text(FastOpenCookie cookie)
    {
        TcpOptions options = default;
        cookie.WriteTo(ref options);
        Span<byte> bytes = stackalloc byte[16];
        return Convert.ToHexStringLower(bytes[..options.GetFastOpenCookie(bytes)]);
    }
}
