using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("::", 2)]
    [InlineData("::1:", 3)]
    [InlineData("fd00::", 6)]
    [InlineData("fd00::1: . 1:1(0)", 7)]
    [InlineData("1:2:3:4:5:6:7:8: x", 15)]
    [InlineData("1:2:3:4:5:6:7:8:9", 15)]
    [InlineData("1:2:3:4:5:6:1.2.3.4:", 19)]
    [InlineData("::ffff:192.0.2.1:", 16)]
    [InlineData("1::2::3", 4)]
    [InlineData("1:1001(1000)", 0)]
    [InlineData("1:2 3:4", 0)]
    [InlineData("1:2:3:4:5:6:7", 0)]
    [InlineData("fd000::1", 0)]
    [InlineData("accept(", 0)]
    [InlineData(": x", 0)]
    public void An_address_of_version_6_has_two_colons_together_or_eight_groups(string text, int length) =>
        Assert.Equal(length, AddressText.V6Length(text, 0));

    [Theory]
    [InlineData("192.0.2.1:", 9)]
    [InlineData("1.2.3", 0)]
    [InlineData("1.2.3.", 0)]
    [InlineData("0...0.2", 0)]
    public void An_address_of_version_4_has_four_numbers(string text, int length) => Assert.Equal(length, AddressText.V4Length(text, 0));
}
