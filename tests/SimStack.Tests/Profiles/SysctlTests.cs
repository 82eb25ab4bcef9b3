using SimStack.Profiles;
using Xunit;

namespace SimStack.Tests.Profiles;

/// <summary>Setting and reading sysctls by Linux's names.</summary>
public sealed class SysctlTests
{
    [Theory]
    [InlineData("net.ipv4.tcp_syn_retries", "5", SysctlResult.Ok, null, "5")]
    [InlineData("net/ipv4/tcp_pacing_ss_ratio", "0xc8", SysctlResult.Ok, null, "200")]
    [InlineData("net.ipv4.tcp_notsent_lowat", "4294967295", SysctlResult.Ok, null, "4294967295")]
    [InlineData("net.ipv4.tcp_rmem", "4096 540000\t15728640", SysctlResult.Ok, null, "4096\t540000\t15728640")]
    [InlineData("net.ipv4.tcp_fastopen", "0x70403", SysctlResult.Ok, null, "459779")]
    [InlineData("net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4", SysctlResult.Ok, null, "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4")]
    [InlineData("net.ipv4.tcp_fastopen", "-1", SysctlResult.Ok, null, "-1")]
    [InlineData("net.ipv4.tcp_fastopen_key", "1-2-3-4,5-6-7-8", SysctlResult.Ok, null,
        "00000001-00000002-00000003-00000004,00000005-00000006-00000007-00000008")]
    [InlineData("net.ipv4.tcp_fastopen_key", "1-2-3", SysctlResult.BadValue,
        "net.ipv4.tcp_fastopen_key takes one or two keys such as 0a1b2c3d-4e5f6071-8293a4b5-c6d7e8f9, separated by a comma, not '1-2-3'",
        "00000000-00000000-00000000-00000000")]
    [InlineData("net.ipv4.tcp_fastopen_blackhole_timeout_sec", "3600", SysctlResult.Ok, null, "3600")]
    [InlineData("net.ipv4.tcp_fastopen_blackhole_timeout_sec", "-1", SysctlResult.BadValue,
        "net.ipv4.tcp_fastopen_blackhole_timeout_sec takes 0 to 2147483647, not '-1'", "0")]
    [InlineData("net.ipv4.tcp_congestion_control", "cubic", SysctlResult.Ok, null, "cubic")]
    [InlineData("net.ipv4.tcp_mem", "1 2 3", SysctlResult.Ok, null, "1\t2\t3")]
    [InlineData("net.ipv4.tcp_frto", "2", SysctlResult.Ok, null, "2")]
    [InlineData("net.ipv4.tcp_frto", "0", SysctlResult.Ok, null, "0")]
    [InlineData("net.ipv4.tcp_l3mdev_accept", "1", SysctlResult.Unsupported, "net.ipv4.tcp_l3mdev_accept=1 is not supported yet", "0")]
    [InlineData("net.ipv4.tcp_frto", "256", SysctlResult.BadValue, "net.ipv4.tcp_frto takes 0 to 255, not '256'", "2")]
    [InlineData("net.ipv4.tcp_mem", "1 2", SysctlResult.BadValue, "net.ipv4.tcp_mem takes 3 numbers, not '1 2'", "287901\t383869\t575802")]
    [InlineData("net.ipv4.tcp_congestion_control", "bbr", SysctlResult.Ok, null, "bbr")]
    [InlineData("net.ipv4.tcp_congestion_control", "tahoe", SysctlResult.BadValue, "net.ipv4.tcp_congestion_control takes one of reno bbr cubic dctcp vegas bbr3, not 'tahoe'", "cubic")]
    [InlineData("net.ipv4.tcp_allowed_congestion_control", "vegas reno", SysctlResult.Ok, null, "reno cubic vegas")]
    [InlineData("net.ipv4.tcp_available_congestion_control", "reno", SysctlResult.BadValue, "net.ipv4.tcp_available_congestion_control can only be read", "reno bbr cubic dctcp vegas bbr3")]
    [InlineData("tcp_cubic.hystart_detect", "2", SysctlResult.Ok, null, "2")]
    [InlineData("tcp_cubic.hystart_detect", "4", SysctlResult.BadValue, "tcp_cubic.hystart_detect takes 0 to 3, not '4'", "3")]
    [InlineData("net.ipv4.tcp_ehash_entries", "1", SysctlResult.BadValue, "net.ipv4.tcp_ehash_entries can only be read", "262144")]
    [InlineData("net.ipv4.ip_local_port_range", "2000 1000", SysctlResult.BadValue,
        "net.ipv4.ip_local_port_range takes the first and the last, not '2000 1000'", "32768\t60999")]
    [InlineData("net.ipv4.ip_local_port_range", "2000 2000", SysctlResult.Ok, null, "2000\t2000")]
    [InlineData("net.ipv4.tcp_syn_retries", "0", SysctlResult.BadValue, "net.ipv4.tcp_syn_retries takes 1 to 127, not '0'", "6")]
    [InlineData("net.ipv4.tcp_fritter", "1", SysctlResult.UnknownName, "unknown sysctl 'net.ipv4.tcp_fritter'", "")]
    public void A_value_is_taken_or_refused_with_its_reason(string name, string value, SysctlResult result, string? error, string after)
    {
        Sysctls sysctls = new();
        Assert.Equal(result, sysctls.Set(name, value, out string? said));
        Assert.Equal(error, said);
        Assert.Equal(result is not SysctlResult.UnknownName, sysctls.TryGet(name, out string shown));
        Assert.Equal(after, shown);
    }

    /// <summary>What the suite's scripts set before anything else.</summary>
    [Theory]
    [InlineData("tcp_rmem", "4096 540000 15728640")]
    [InlineData("tcp_wmem", "4096 262144 4194304")]
    [InlineData("tcp_timestamps", "1")]
    [InlineData("tcp_syn_retries", "5")]
    [InlineData("tcp_synack_retries", "5")]
    [InlineData("tcp_frto", "2")]
    [InlineData("tcp_sack", "1")]
    [InlineData("tcp_dsack", "1")]
    [InlineData("tcp_reordering", "3")]
    [InlineData("tcp_slow_start_after_idle", "0")]
    [InlineData("tcp_early_retrans", "4")]
    [InlineData("tcp_recovery", "1")]
    [InlineData("tcp_tso_win_divisor", "3")]
    [InlineData("tcp_ecn", "0")]
    [InlineData("tcp_ecn_option", "2")]
    [InlineData("tcp_pacing_ss_ratio", "200")]
    [InlineData("tcp_pacing_ca_ratio", "120")]
    [InlineData("tcp_notsent_lowat", "4294967295")]
    [InlineData("tcp_fastopen", "0x70403")]
    [InlineData("tcp_syncookies", "1")]
    public void Values_for_which_the_stack_is_right_are_taken(string name, string value) =>
        Assert.Equal(SysctlResult.Ok, new Sysctls().Set("net.ipv4." + name, value, out _));

    [Fact]
    public void A_copy_has_values_of_its_own()
    {
        Sysctls first = new();
        first.Set("net.ipv4.tcp_syncookies", "0", out _);
        Sysctls second = first.Clone();
        second.Set("net.ipv4.tcp_syncookies", "1", out _);
        first.TryGet("net.ipv4.tcp_syncookies", out string shown);
        Assert.Equal("0", shown);
    }

    [Fact]
    public void Every_name_can_be_read_and_its_default_written_back()
    {
        Assert.Contains("net.ipv4.tcp_workaround_signed_windows", Sysctls.Names);
        foreach (string name in Sysctls.Names)
        {
            Sysctls sysctls = new();
            Assert.True(sysctls.TryGet(name, out string value), name);
            if (!name.Contains("available", StringComparison.Ordinal) && !name.EndsWith("ehash_entries", StringComparison.Ordinal))
            {
                Assert.True(sysctls.TrySet(name, value, out string? error), error);
            }
        }
    }
}
