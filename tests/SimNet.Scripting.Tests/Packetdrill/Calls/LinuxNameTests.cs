using SimNet.Scripting.Packetdrill.Calls;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

public sealed class LinuxNameTests
{
    [Theory]
    [InlineData("SOCK_STREAM", 1)]
    [InlineData("SOL_SOCKET", 1)]
    [InlineData("SO_ZEROCOPY", 60)]
    [InlineData("TCP_FASTOPEN_CONNECT", 30)]
    [InlineData("TCP_COOKIE_TRANSACTIONS", 15)]
    [InlineData("MSG_FASTOPEN", 0x20000000)]
    [InlineData("EPOLLET", 0x80000000)]
    [InlineData("EINPROGRESS", 115)]
    [InlineData("EWOULDBLOCK", 11)]
    [InlineData("IPV6_RECVERR", 25)]
    [InlineData("SOF_TIMESTAMPING_OPT_ID", 128)]
    [InlineData("NULL", 0)]
    public void Names_have_the_values_of_x86_64(string name, long value)
    {
        Assert.True(LinuxSymbols.TryGet(name, out long got));
        Assert.Equal(value, got);
    }

    [Fact]
    public void Unknown_names_are_none() => Assert.False(LinuxSymbols.TryGet("SO_NONSENSE", out _));

    [Theory]
    [InlineData("POLL", 0, "0")]
    [InlineData("POLL", 0x15, "POLLIN|POLLOUT|POLLHUP")]
    [InlineData("EPOLL", 0x80000001, "EPOLLIN|EPOLLET")]
    [InlineData("MSG_", 0x20000080, "MSG_EOR|MSG_FASTOPEN")]
    [InlineData("MSG_", 0x100000, "0x100000")]
    public void Flags_are_written_by_name(string prefix, long flags, string text) => Assert.Equal(text, LinuxSymbols.Flags(prefix, flags));

    [Theory]
    [InlineData(1, 13, "SO_LINGER")]
    [InlineData(6, 1, "TCP_NODELAY")]
    [InlineData(6, 36, "TCP_INQ")]
    [InlineData(0, 1, "IP_TOS")]
    [InlineData(41, 67, "IPV6_TCLASS")]
    [InlineData(17, 103, "UDP_SEGMENT")]
    [InlineData(0, 0, null)]
    [InlineData(5, 1, null)]
    public void Options_are_found_by_level_and_number(int level, int number, string? name) => Assert.Equal(name, OptionName.Find(level, number));

    [Fact]
    public void Errors_are_described_as_strace_does()
    {
        Assert.Equal("EAGAIN (Resource temporarily unavailable)", LinuxErrno.Describe(11));
        Assert.Equal("EOPNOTSUPP (Operation not supported)", LinuxErrno.Describe(95));
        Assert.Equal("errno 9999", LinuxErrno.Describe(9999));
    }
}
