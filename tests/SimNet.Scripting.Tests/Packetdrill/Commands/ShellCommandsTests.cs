using SimNet.Scripting.Packetdrill.Commands;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Tests.Packetdrill.Commands;

/// <summary>What commands in backquotes do, and that nothing passes by being ignored.</summary>
public class ShellCommandsTests
{
    // Those that scripts need to be read; their values do not matter here.
    private static readonly Dictionary<string, string> Macros = new() { ["TFO_COOKIE"] = "3021b9d889017eeb", ["CODE"] = "host_unreachable" };

    private static readonly SourcePosition Start = new("a.pkt", 3, 2);

    private static CommandOutcome Run(string text, RecordingTarget target) => ShellCommands.Run(text, Start, target);

    private static string Log(string text)
    {
        RecordingTarget target = new();
        CommandOutcome outcome = Run(text, target);
        Assert.Equal((CommandOutcomeKind.Succeeded, ""), (outcome.Kind, outcome.Message));
        return string.Join("; ", target.Log);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("# nothing\n  \n", "")]
    [InlineData("true && : || false", "")]
    [InlineData("sysctl -q net.ipv4.tcp_timestamps=0", "net.ipv4.tcp_timestamps=0")]
    [InlineData("sysctl -qw net/ipv4/tcp_timestamps=0 # off\n", "net.ipv4.tcp_timestamps=0")]
    [InlineData("/sbin/sysctl -w net.ipv4.tcp_rmem=\"4096  540000 15728640\" >/dev/null 2>&1", "net.ipv4.tcp_rmem=4096 540000 15728640")]
    [InlineData("sysctl -q \\\n  net.ipv4.tcp_fastopen=0x30403 \\\n  net.ipv4.tcp_fastopen_key=a0bf63f7-ed803d81-cd641d30-cebc4a90",
        "net.ipv4.tcp_fastopen=197635; net.ipv4.tcp_fastopen_key=a0bf63f7-ed803d81-cd641d30-cebc4a90")]
    [InlineData("sysctl -e -q net.ipv4.tcp_no_such=2", "")]
    [InlineData("../../common/set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0\\\n\t\t /proc/sys/net/ipv4/tcp_ecn=1\\\n",
        "net.ipv4.tcp_timestamps=0; net.ipv4.tcp_ecn=1")]
    [InlineData("./set_sysctls.py /proc/sys/net/ipv4/tcp_ecn=0", "net.ipv4.tcp_ecn=0")]
    [InlineData("echo 0x11 > /proc/sys/net/ipv4/tcp_fastopen", "net.ipv4.tcp_fastopen=17")]
    [InlineData("X=0; N=net.ipv4; sysctl -q $N.tcp_timestamps=\"${X}\"", "net.ipv4.tcp_timestamps=0")]
    [InlineData("LC_ALL=C sysctl -q net.ipv4.tcp_ecn=0 &&\n sysctl -q net.ipv4.tcp_ecn=1", "net.ipv4.tcp_ecn=0; net.ipv4.tcp_ecn=1")]
    [InlineData("false || sysctl -q net.ipv4.tcp_ecn=1", "net.ipv4.tcp_ecn=1")]
    [InlineData("false && sysctl -q net.ipv4.tcp_ecn=1; true", "")]
    [InlineData("sysctl net.ipv4.tcp_ecn | grep -q '= 2$' && sysctl -q net.ipv4.tcp_ecn=1", "net.ipv4.tcp_ecn=1")]
    [InlineData("tc qdisc replace dev tun0 root pfifo limit 0", "queue replace tun0 pfifo limit 0")]
    [InlineData("tc qdisc delete dev tun0 root 2>/dev/null ; tc qdisc add dev tun0 root pfifo limit 1k", "queue add tun0 pfifo limit 1024")]
    [InlineData("ethtool -K tun0 gso off tso off generic-receive-offload on", "offload tun0 gso False; offload tun0 tso False; offload tun0 gro True")]
    [InlineData("ip route change 192.0.2.1 via 192.168.0.2 dev tun0 advmss 600 mtu lock 640 initcwnd 11",
        "route change 192.0.2.1/32 via 192.168.0.2 dev tun0 advmss=600(600) mtu=640(640)! initcwnd=11(11)")]
    [InlineData("ip -6 ro replace default via fd3d::2 dev tun0 rto_min 5ms", "route replace ::/0 via fd3d::2 dev tun0 rto_min=5ms(5000000)")]
    [InlineData("ip route add 10.0.0.0/8 dev tun0 metric 5 src 192.168.0.1",
        "route add 10.0.0.0/8 via  dev tun0 metric=5(5) src=192.168.0.1(-1)")]
    [InlineData("/sbin/ip tcp_metrics flush all > /dev/null 2>&1", "flush all")]
    [InlineData("ip tcp_metrics delete 192.0.2.1", "flush 192.0.2.1")]
    [InlineData("ip link set dev tun0 mtu 1300 up", "mtu tun0 1300; up tun0 True")]
    [InlineData("ip addr add 192.168.5.1/24 dev tun0", "address tun0 192.168.5.1/24 True")]
    [InlineData("sleep 0.25; sleep 1m", "sleep 0.25s; sleep 60s")]
    [InlineData("exit 0; sleep 1", "")]
    [InlineData("! false", "")]
    public void ActsOnTheMachine(string text, string expected) => Assert.Equal(expected, Log(text));

    [Fact]
    public void DefaultsSetWhatTheSuiteSets()
    {
        RecordingTarget target = new() { KnowsEverything = true };
        Assert.True(Run("../../../common/defaults.sh", target).IsSuccess);
        Assert.Contains("net.ipv4.tcp_rmem=4096 540000 15728640", target.Log);
        Assert.Contains("net.ipv4.tcp_fastopen=459779", target.Log);
        Assert.Equal(["flush all", "queue replace tun0 pfifo limit "], target.Log.TakeLast(2));
        Assert.Equal(24, target.Log.Count);
    }

    [Fact]
    public void TheRestoreScriptBringsBackWhatWas()
    {
        RecordingTarget target = new();
        Assert.Equal(
            "command `/tmp/sysctl_restore_${PPID}.sh` ended with status 127: /tmp/sysctl_restore_1000.sh: not found",
            Run("/tmp/sysctl_restore_${PPID}.sh", target).Message);
        Assert.True(Run("common/set_sysctls.py /proc/sys/net/ipv4/tcp_rmem='1 2 3' /proc/sys/net/ipv4/tcp_ecn=0", target).IsSuccess);
        Assert.Equal(("1 2 3", "0"), (target.Settings["net.ipv4.tcp_rmem"], target.Settings["net.ipv4.tcp_ecn"]));
        Assert.True(Run("/tmp/sysctl_restore_${PPID}.sh", target).IsSuccess);
        Assert.Equal(("4096 131072 33554432", "2"), (target.Settings["net.ipv4.tcp_rmem"], target.Settings["net.ipv4.tcp_ecn"]));
    }

    [Theory]
    [InlineData("false", "3:2 command `false` ended with status 1")]
    [InlineData("true\n false ;", "4:2 command `false` ended with status 1")]
    [InlineData("false | true && ! true", "3:18 command `! true` ended with status 1")]
    [InlineData("exit 3", "3:2 command `exit 3` ended with status 3")]
    [InlineData("sysctl -q net.ipv4.tcp_ecn=bad",
        "3:2 command `sysctl -q net.ipv4.tcp_ecn=bad` ended with status 1: sysctl: setting key \"net.ipv4.tcp_ecn\": Invalid argument: "
        + "net.ipv4.tcp_ecn takes 0 to 1, not 'bad'")]
    [InlineData("tc qdisc del dev tun0 root",
        "3:2 command `tc qdisc del dev tun0 root` ended with status 2: Error: Cannot delete qdisc with handle of zero.")]
    [InlineData("tc qdisc del dev tun0 root 2>/dev/null", "3:2 command `tc qdisc del dev tun0 root 2>/dev/null` ended with status 2")]
    [InlineData("rm /tmp/x", "3:2 command `rm /tmp/x` ended with status 1: rm: cannot remove '/tmp/x': No such file or directory")]
    [InlineData("grep a /tmp/x", "3:2 command `grep a /tmp/x` ended with status 2: grep: /tmp/x: No such file or directory")]
    [InlineData("echo 'a", "3:7 the quote `'` has no end")]
    [InlineData("| true", "3:2 unexpected `|`")]
    [InlineData("true &&", "3:9 unexpected end of the commands")]
    [InlineData("true ;; true", "3:7 unexpected `;;`")]
    [InlineData("ip route change 192.0.2.300", "3:2 command `ip`: `192.0.2.300` is not an IP address")]
    [InlineData("ip route change 192.0.2.1 advmss", "3:2 command `ip`: a value is missing behind `advmss`")]
    [InlineData("ip route change 192.0.2.1 mtu many", "3:2 command `ip route`: `many` is not a number behind `mtu`")]
    [InlineData("sleep soon", "3:2 command `sleep soon` ended with status 1: sleep: invalid time interval 'soon'")]
    public void Fails(string text, string expected)
    {
        CommandOutcome outcome = Run(text, new RecordingTarget());
        Assert.Equal(CommandOutcomeKind.Failed, outcome.Kind);
        Assert.Equal(expected, $"{outcome.Position.Line}:{outcome.Position.Column} {outcome.Message}");
    }

    [Theory]
    [InlineData("../common/other.sh", "3:2 command `../common/other.sh` is not supported yet")]
    [InlineData("true; iptables -A OUTPUT -j DROP; true", "3:8 command `iptables` is not supported yet")]
    [InlineData("ping 192.0.2.1 || true", "3:2 command `ping` is not supported yet")]
    [InlineData("/opt/bin/ip route", "3:2 command `/opt/bin/ip` is not supported yet")]
    [InlineData("sysctl -q net.ipv4.tcp_frto=0; true", "3:2 net.ipv4.tcp_frto=0 is not supported yet")]
    [InlineData("sysctl -q net.ipv4.tcp_frto=0x11", "3:2 net.ipv4.tcp_frto=0x11 is not supported yet")]
    [InlineData("common/set_sysctls.py /proc/sys/net/ipv4/tcp_frto=0x11", "3:2 net.ipv4.tcp_frto=0x11 is not supported yet")]
    [InlineData("sysctl -q net.core.busy_poll=1 || true", "3:2 net.core.busy_poll=1 is not supported yet")]
    [InlineData("sysctl -eq net.core.busy_poll=1", "3:2 net.core.busy_poll=1 is not supported yet")]
    [InlineData("sysctl -a", "3:2 command `sysctl`: the option `-a` is not supported yet")]
    [InlineData("common/defaults.sh", "3:2 net.ipv4.tcp_wmem=4096 262144 4194304 is not supported yet")]
    [InlineData("echo 3 > /sys/module/tcp_cubic/parameters/hystart_detect",
        "3:2 /sys/module/tcp_cubic/parameters/hystart_detect=3 is not supported yet")]
    [InlineData("echo 3 > /proc/sys/net/ipv4/tcp_no_such", "3:2 /proc/sys/net/ipv4/tcp_no_such is not supported yet")]
    [InlineData("echo b > /proc/sysrq-trigger", "3:2 writing /proc/sysrq-trigger is not supported yet")]
    [InlineData("cat /proc/meminfo", "3:2 reading /proc/meminfo is not supported yet")]
    [InlineData("tc qdisc replace dev tun0 root fq", "3:2 tc qdisc fq: pacing is not supported yet")]
    [InlineData("tc filter show dev tun0", "3:2 command `tc filter show` is not supported yet")]
    [InlineData("tc qdisc add dev tun0 ingress", "3:2 tc qdisc add ingress is not supported yet")]
    [InlineData("ip route get 192.0.2.1", "3:2 ip route get is not supported yet")]
    [InlineData("ip route add blackhole 10.0.0.0/8", "3:2 ip route add … blackhole is not supported yet")]
    [InlineData("ip rule add from all", "3:2 command `ip rule` is not supported yet")]
    [InlineData("ip link set dev tun0 gso_max_size 1000", "3:2 ip link set tun0 gso_max_size is not supported yet")]
    [InlineData("ethtool -S tun0", "3:2 command `ethtool`: the option `-S` is not supported yet")]
    [InlineData("nstat | grep -q TcpExtTCPSackRecovery", "3:10 counter TcpExtTCPSackRecovery is not supported yet")]
    [InlineData("! nstat -az | grep -v x | grep TCPSackRecovery", "3:28 counter TCPSackRecovery is not supported yet")]
    [InlineData("nstat -az TcpExtTCPSackRecovery", "3:2 counter TcpExtTCPSackRecovery is not supported yet")]
    [InlineData("sleep 1 &", "3:10 a command in the background (`&`) is not supported yet")]
    [InlineData("(true)", "3:2 the shell's `(` is not supported yet")]
    [InlineData("if true; then true; fi", "3:2 the shell's `if` is not supported yet")]
    [InlineData("echo $(true)", "3:7 the command substitution is not supported yet")]
    [InlineData("echo \"${X:-1}\"", "3:8 the expansion `${X:-1}` is not supported yet")]
    [InlineData("echo \"$#\"", "3:8 the expansion `$#` is not supported yet")]
    [InlineData("echo a~b ~/c", "3:11 the home folder `~` is not supported yet")]
    [InlineData("rm -f /tmp/*", "3:13 the file pattern `*` outside quotes is not supported yet")]
    [InlineData("cat << EOF", "3:6 the redirection `<<` is not supported yet")]
    [InlineData("dd if=/dev/zero of=/tmp/x", "3:2 command `dd` with more than 67108864 bytes is not supported yet")]
    [InlineData("dd conv=fsync", "3:2 command `dd`: the option `conv=fsync` is not supported yet")]
    public void WhatIsMissingIsNamed(string text, string expected)
    {
        CommandOutcome outcome = Run(text, new RecordingTarget());
        Assert.Equal(CommandOutcomeKind.Unsupported, outcome.Kind);
        Assert.Equal(expected, $"{outcome.Position.Line}:{outcome.Position.Column} {outcome.Message}");
    }

    [Fact]
    public void ListeningSocketsAreFoundInProcNetTcp()
    {
        RecordingTarget target = new();
        const string Command = "grep \" 0A \" /proc/net/tcp /proc/net/tcp6 | grep \":1F90\"";
        Assert.Equal($"command `{Command}` ended with status 1", Run(Command, target).Message);
        target.Rows.Add(new SocketTableRow(
            new(IpAddress.FromV4(192, 168, 0, 1), 8080), new(IpAddress.FromV4(192, 0, 2, 1), 40_000), TcpState.Established, 5, 10, 0, 0, true));
        Assert.False(Run(Command, target).IsSuccess);
        target.Rows.Add(new SocketTableRow(new(IpAddress.AnyV4, 8080), new(IpAddress.AnyV4, 0), TcpState.Listen, 0, 1, 0, 1, true));
        CommandOutcome found = Run(Command, target);
        Assert.Equal(
            "/proc/net/tcp:   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0",
            found.Output.TrimEnd());
        Assert.True(found.IsSuccess);
        Assert.Contains(" 0100A8C0:1F90 010200C0:9C40 01 0000000A:00000005 ", Run("cat /proc/net/tcp", target).Output);
    }

    [Fact]
    public void SocketsOfIpv6AreInTheOtherFile()
    {
        RecordingTarget target = new();
        Assert.True(IpAddress.TryParse("fd3d:0a0b:17d6::1", out IpAddress address));
        target.Rows.Add(new SocketTableRow(new(address, 8080), new(IpAddress.AnyV6, 0), TcpState.Listen, 0, 1, 0, 1, true));
        Assert.Contains(
            "   0: 0B0A3DFD0000D6170000000001000000:1F90 00000000000000000000000000000000:0000 0A ",
            Run("cat /proc/net/tcp6", target).Output);
        Assert.False(Run("grep -q :1F90 /proc/net/tcp", target).IsSuccess);
    }

    [Theory]
    [InlineData("nstat", "#kernel\nTcpInSegs                       3                  0.0\nTcpExtTCPTimeouts               1                  0.0\n")]
    [InlineData("nstat -n; nstat", "#kernel\n")]
    [InlineData("nstat -n; nstat -a 'TcpIn*'", "#kernel\nTcpInSegs                       3                  0.0\n")]
    [InlineData("nstat -s > /dev/null; nstat -z TcpRetransSegs", "#kernel\nTcpRetransSegs                  0                  0.0\n")]
    [InlineData("nstat | grep -c TcpInSegs", "1\n")]
    [InlineData("nstat -az | grep 'TcpRetransSegs  *0 '", "TcpRetransSegs                  0                  0.0\n")]
    [InlineData("nstat -az | grep -E 'TcpExtTCPTimeouts +(1|2) ' | wc -l", "1\n")]
    [InlineData("echo a  'b  c' | cat", "a b  c\n")]
    [InlineData("echo one > /tmp/f; echo two >> /tmp/f; cat < /tmp/f; grep -n '^t' /tmp/f", "one\ntwo\n2:two\n")]
    [InlineData("echo $PPID ${PPID} '$PPID' \"$PPID\" a\\ b $NONE end", "1000 1000 $PPID 1000 a b end\n")]
    [InlineData("false; echo $?; X='a  b'; echo $X; echo \"$X\"", "1\na b\na  b\n")]
    [InlineData("cat /proc/sys/net/ipv4/tcp_ecn; sysctl net.ipv4.tcp_ecn; sysctl -n net.ipv4.tcp_ecn", "2\nnet.ipv4.tcp_ecn = 2\n2\n")]
    [InlineData("cat /nowhere 2>&1 | grep -o 'No such file'", "No such file\n")]
    [InlineData("echo abc | grep -v b; echo abc | grep -i B; echo a.c | grep -F .; echo abc | grep -x ab || echo none", "abc\na.c\nnone\n")]
    [InlineData("echo 'ab(c)' | grep -o 'b(c)'; echo aab | grep -Eo 'a{2}'; echo a1 | grep -o '[[:digit:]]'; echo x-y | grep -w y", "b(c)\naa\n1\nx-y\n")]
    [InlineData("/bin/rm -f /tmp/testfile\n/bin/dd bs=1 count=5 if=/dev/zero of=/tmp/testfile status=none\nwc -c /tmp/testfile", "5 /tmp/testfile\n")]
    [InlineData("truncate -s 2K /tmp/t; cat /tmp/t | wc -c; rm /tmp/t; touch /tmp/t; wc -c /tmp/t", "2048\n0 /tmp/t\n")]
    public void Prints(string text, string expected) => Assert.Equal(expected, Run(text, new RecordingTarget()).Output);

    [Fact]
    public void CommandsOfAllScriptsAreKnown()
    {
        SharedFolder.NeedScripts();
        List<string> wrong = [];
        foreach (string path in SharedFolder.Scripts)
        {
            RecordingTarget target = new() { KnowsEverything = true };
            target.Rows.Add(new SocketTableRow(new(IpAddress.AnyV4, 8080), new(IpAddress.AnyV4, 0), TcpState.Listen, 0, 1, 0, 1, true));
            PacketdrillScript script = PacketdrillParser.Parse(SharedFolder.ReadScript(path), path, Macros);
            SourceText?[] commands = [script.InitialCommand, .. script.Events.OfType<CommandEvent>().Select(e => e.Command), script.CleanupCommand];
            foreach (SourceText command in commands.OfType<SourceText>())
            {
                CommandOutcome outcome = ShellCommands.Run(command.Text, command.Position, target);
                if (!outcome.IsSuccess)
                {
                    wrong.Add($"{outcome.Position}: {outcome.Message}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void NoTextEndsInAnException()
    {
        string[] seeds =
        [
            "../common/defaults.sh\n sysctl -q \\\n net.ipv4.tcp_rmem=\"1 2 3\" 2>/dev/null && X=1 echo ${X} '$a' > /tmp/x; cat < /tmp/x\n",
            "ip route change 192.0.2.1/32 via 192.168.0.2 dev tun0 advmss 600 mtu lock 640 rto_min 5ms || tc qdisc add dev tun0 root pfifo limit 10k\n",
            "nstat -az 'Tcp*' | grep -Eo \"a(b|c)*[0-9]{1,2}\" | wc -l; dd bs=1k count=5 if=/dev/zero of=/tmp/f; truncate -s 5 /tmp/f\n",
            "grep -i '\\(a\\|b\\)\\{2\\}[^[:alpha:]-]$' /proc/net/tcp; ethtool -K tun0 gso off tso on; sleep 0.1 1h; /tmp/sysctl_restore_${PPID}.sh\n",
            "ip link set dev tun0 mtu 99 up; ip -6 addr add fd00::1/64 dev tun0; ! echo 5 > /sys/module/a/parameters/b; exit 4 # end\n",
        ];
        var random = new System.Random(2);
        const string Extra = "()[]{}.,:;=+-*/%'\"\\\n\t #01x<>&|~^!@$?`\u00e9\ud800\0";
        for (int i = 0; i < 4_000; i++)
        {
            List<char> mangled = [.. seeds[i % seeds.Length]];
            for (int edits = random.Next(1, 6); edits > 0 && mangled.Count > 0; edits--)
            {
                int at = random.Next(mangled.Count);
                int length = Math.Min(random.Next(1, 12), mangled.Count - at);
                switch (random.Next(4))
                {
                    case 0: mangled.RemoveRange(at, length); break;
                    case 1: mangled.Insert(at, Extra[random.Next(Extra.Length)]); break;
                    case 2: mangled[at] = Extra[random.Next(Extra.Length)]; break;
                    default: mangled.InsertRange(random.Next(mangled.Count), mangled.GetRange(at, length)); break;
                }
            }

            CommandOutcome outcome = Run(new string([.. mangled]), new RecordingTarget { KnowsEverything = i % 2 == 0 });
            Assert.DoesNotContain('\n', outcome.Message);
            Assert.Equal(outcome.IsSuccess, outcome.Message.Length == 0);
            Assert.True(outcome.Position.Line >= Start.Line && outcome.Position.Column >= 1);
        }
    }
}
