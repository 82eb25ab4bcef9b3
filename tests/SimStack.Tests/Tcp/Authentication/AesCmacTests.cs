using SimStack.Tcp.Authentication;
using Xunit;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>RFC 4493 §4: the test vectors.</summary>
public sealed class AesCmacTests
{
    private const string Key = "2b7e151628aed2a6abf7158809cf4f3c";

    private const string Message = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    public static TheoryData<int, string> Examples => new()
    {
        { 0, "bb1d6929e95937287fa37d129b756746" },
        { 16, "070a16b46b4d4144f79bdd9dd04a287c" },
        { 40, "dfa66747de9ae63030ca32611497c827" },
        { 64, "51f0bebf7e3b9d92fc49741779363cfe" },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Gives_what_the_RFC_says(int length, string mac) => Assert.Equal(mac, Compute(New(), length));

    [Fact]
    public void One_message_leaves_no_trace_in_the_next()
    {
        AesCmac cmac = New();
        foreach ((int length, string mac) in Examples.Concat(Examples).Select(row => row.Data))
        {
            Assert.Equal(mac, Compute(cmac, length));
        }
    }

    [Fact]
    public void A_message_costs_no_memory()
    {
        AesCmac cmac = New();
        byte[] buffer = new byte[1600], mac = new byte[16];
        cmac.Compute(buffer, 1500, mac);
        Assert.Equal(0, Allocations.Least(() => cmac.Compute(buffer, 1500, mac)));
    }

    private static AesCmac New() => new(Convert.FromHexString(Key));

    private static string Compute(AesCmac cmac, int length)
    {
        byte[] buffer = new byte[80], mac = new byte[16];
        buffer.AsSpan().Fill(0xEE);
        Convert.FromHexString(Message).AsSpan(0, length).CopyTo(buffer);
        cmac.Compute(buffer, length, mac);
        return Convert.ToHexStringLower(mac);
    }
}
