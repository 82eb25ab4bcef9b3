using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Wire;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

/// <summary>What the tree says: values, places, options and macros.</summary>
public sealed class ParserTests
{
    [Fact]
    public void A_script_has_options_a_first_command_events_and_a_last_command()
    {
        PacketdrillScript script = Parse(
            """
            // A comment.
            --tolerance_usecs=10000 /* another */
            --strict_segments
            --ip_version=ipv4-mapped-ipv6
            --so_flags="a b"   # one more
            --mss=1
            --mss=2

            `../common/defaults.sh
             sysctl -q net.ipv4.tcp_ecn=1`

                0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
              +.1...0.5 connect(3,
                  ..., ...) = 0
               +0 %{
            print(1) }%
            `/tmp/restore.sh`
            """);
        Assert.Equal(
            [("tolerance_usecs", "10000", 2), ("strict_segments", null, 3), ("ip_version", "ipv4-mapped-ipv6", 4), ("so_flags", "a b", 5), ("mss", "1", 6), ("mss", "2", 7)],
            script.Options.Select(o => (o.Name, o.Value, o.Position.Line)));
        Assert.Equal("2", script.FindOption("mss")?.Value);
        Assert.Null(script.FindOption("mtu"));
        Assert.Equal("../common/defaults.sh\n sysctl -q net.ipv4.tcp_ecn=1", script.InitialCommand?.Text);
        Assert.Equal(("t.pkt:9:2", "t.pkt:17:2"), (script.InitialCommand!.Position.ToString(), script.CleanupCommand!.Position.ToString()));
        Assert.Equal(
            [("t.pkt:12:5", 12), ("t.pkt:13:3", 14), ("t.pkt:15:4", 16)],
            script.Events.Select(e => (e.Position.ToString(), e.EndLine)));
        EventTime time = script.Events[1].Time;
        Assert.Equal((EventTimeKind.Relative, 100_000_000L, 500_000_000L), (time.Kind, time.Start.Nanoseconds, time.BlockingEnd?.Nanoseconds));
        SystemCallSpec call = Assert.IsType<SystemCallEvent>(script.Events[1]).Call;
        Assert.Equal("t.pkt:14:7", call.Arguments[1].Position.ToString());
        SourceText code = Assert.IsType<CodeEvent>(script.Events[2]).Code;
        Assert.Equal(("\nprint(1) ", "t.pkt:15:9"), (code.Text, code.Position.ToString()));
    }

    [Fact]
    public void Macros_are_put_in_for_names_and_the_scripts_own_win()
    {
        Dictionary<string, string> macros = new()
        {
            ["COOKIE"] = "3021b9d889017eeb",
            ["CODE"] = "host_unreachable",
            ["N"] = "1000",
            ["RANGE"] = "1:1001(1000)",
            ["CC"] = "wrong",
            ["mss"] = "9",
        };
        PacketdrillScript script = Parse(
            """
            --define=CC="reno"
            -D LEVEL=SOL_IP
            -DEND=`end it`
            +0 > S 0:10(10) <mss 1460,FOEXP COOKIE>
            +0 < icmp unreachable CODE [RANGE]
            +0 f(LEVEL, CC, N) = N
            END
            """, macros);
        Assert.Equal(
            ["define CC=\"reno\"", "define LEVEL=SOL_IP", "define END=`end it`"],
            script.Options.Select(o => $"{o.Name} {o.Value}"));
        Assert.Equal(
            ["+0 > S 0:10(10) <mss 1460,FOEXP 3021b9d889017eeb>", "+0 < icmp unreachable host_unreachable [1:1001(1000)]", "+0 f(SOL_IP, \"reno\", 1000) = 1000"],
            script.Events.Select(PacketdrillWriter.Write));
        Assert.Equal(("end it", "t.pkt:7:1"), (script.CleanupCommand?.Text, script.CleanupCommand?.Position.ToString()));
        // A macro stands where its name does.
        Assert.Equal("t.pkt:6:13", Assert.IsType<SystemCallEvent>(script.Events[2]).Call.Arguments[1].Position.ToString());
        Assert.Equal("CODE", Assert.IsType<SymbolExpression>(Result("+0 f() = CODE")).Name);
    }

    [Fact]
    public void LinesMayEndAsOnWindows()
    {
        PacketdrillScript script = Parse("// a\r\n`true \\\r\n  x\r\n`\r\n+0 %{\r\nassert 1 \\\r\n  == 1\r\n}%\r\n+0 f(\"a\\r\") = 0 // b\r\n`end`");
        Assert.Equal("true \\\n  x\n", script.InitialCommand?.Text);
        Assert.Equal("\nassert 1 \\\n  == 1\n", Assert.IsType<CodeEvent>(script.Events[0]).Code.Text);
        Assert.Equal(("+0 f(\"a\\r\") = 0", "t.pkt:9:1"), (PacketdrillWriter.Write(script.Events[1]), script.Events[1].Position.ToString()));
        Assert.Equal("end", script.CleanupCommand?.Text);
    }

    [Theory]
    [InlineData("--define=\"A=SOL_IP\"", "SOL_IP")]
    [InlineData("--define = A = SOL_IP", "SOL_IP")]
    [InlineData("--define=A= \"reno\"", "\"reno\"")]
    [InlineData("--define A=1 ", null)]
    public void BlanksAndQuotesMayStandAroundAMacro(string option, string? value)
    {
        if (value is null)
        {
            Assert.Throws<ScriptException>(() => Parse(option + "\n+0 f(A) = 0"));
            return;
        }

        Assert.Equal($"+0 f({value}) = 0", PacketdrillWriter.Write(Parse(option + "\n+0 f(A) = 0").Events[0]));
    }

    [Theory]
    [InlineData("S", TcpFlags.Syn, null)]
    [InlineData("SEWA", TcpFlags.Syn | TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae, null)]
    [InlineData("FRPU.", TcpFlags.Fin | TcpFlags.Rst | TcpFlags.Psh | TcpFlags.Urg | TcpFlags.Ack, null)]
    [InlineData("-", TcpFlags.None, null)]
    [InlineData(".0", TcpFlags.Ack, 0)]
    [InlineData(".1", TcpFlags.Ack | TcpFlags.Ece, 1)]
    [InlineData("P.6", TcpFlags.Psh | TcpFlags.Ack | TcpFlags.Cwr | TcpFlags.Ae, 6)]
    public void Flags(string letters, TcpFlags flags, int? ace)
    {
        TcpFlagsSpec spec = Tcp($"+0 > {letters} 1:1(0)").Flags;
        Assert.Equal((flags, ace), (spec.Flags, spec.Ace));
    }

    [Fact]
    public void What_a_segment_leaves_out_is_null()
    {
        TcpSpec bare = Tcp("+0 > . 1:1001(1000)");
        Assert.Equal((null, null, null, 0), (bare.Ack, bare.Window, bare.UrgentPointer, bare.Options!.Count));
        TcpSpec full = Tcp("+0 > . 1:1001(1000) ack 0 win 0 urg 0 <...>");
        Assert.Equal((0u, (ushort)0, (ushort)0), (full.Ack, full.Window, full.UrgentPointer));
        Assert.Null(full.Options);
        Assert.Equal((1u, 1001u, (ushort)1000), (full.Sequence.Start, full.Sequence.End, full.Sequence.Length));
    }

    [Theory]
    [InlineData("unreachable", "frag_needed", false, 3, 4)]
    [InlineData("unreachable", "port_unreachable", true, 1, 4)]
    [InlineData("unreachable", "frag_needed", true, 1, null)]
    [InlineData("packet_too_big", "code_9", true, 2, 9)]
    [InlineData("packet_too_big", "code_9", false, null, 9)]
    [InlineData("type_200", "code_256", false, 200, null)]
    public void Icmp_names_depend_on_the_version(string type, string code, bool isV6, int? typeNumber, int? codeNumber)
    {
        Assert.Equal(typeNumber, IcmpNames.TryGetType(type, isV6, out byte foundType) ? foundType : null);
        Assert.Equal(codeNumber, IcmpNames.TryGetCode(type, code, isV6, out byte foundCode) ? foundCode : null);
    }

    [Fact]
    public void Strings_are_bytes()
    {
        StringExpression text = Assert.IsType<StringExpression>(Result("""+0 f() = "a\x00\xffé" "\n"... """));
        Assert.Equal([(byte)'a', 0, 255, 0xC3, 0xA9, 10], text.ToBytes());
        Assert.True(text.IsPrefix);
    }

    private static TcpSpec Tcp(string line) => Assert.IsType<TcpSpec>(Assert.IsType<PacketEvent>(Parse(line).Events[0]).Packet.Transport);

    private static Expression Result(string line) => Assert.IsType<SystemCallEvent>(Parse(line).Events[0]).Call.Result;

    private static PacketdrillScript Parse(string text, Dictionary<string, string>? macros = null) =>
        PacketdrillParser.Parse(text.ReplaceLineEndings("\n"), "t.pkt", macros ?? []);
}
