using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Syntax;

/// <summary>A wrong script gives one line: where, what was found, what would be right.</summary>
public sealed class SyntaxErrorTests
{
    [Theory]
    // The script as a whole.
    [InlineData("", "1:1: found the end of the script; a script has at least one event, such as `+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3`")]
    [InlineData("`x`\n", "2:1: found the end of the script; a script has at least one event, such as `+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3`")]
    [InlineData("--tolerance_usec=1", "1:1: there is no option `--tolerance_usec`; did you mean `tolerance_usecs`?")]
    [InlineData("\n --mss", "2:2: `--mss` has no value; write `--mss=VALUE`")]
    [InlineData("--dry_run=1", "1:1: `--dry_run` has a value; it is a switch and takes none")]
    [InlineData("-D X", "1:4: a macro is written `NAME=value`, not `X`; for example `--define=PROTO=IPPROTO_TCP`")]
    [InlineData("-D X=\"a\n+0 f(X) = 0", "1:6: a string that doesn't end; close it with `\"`")]
    [InlineData("+0 f() = 0\n--mss=1", "2:1: found the option `--mss`; options stand before the first event and the first command")]
    [InlineData("+0 f() = 0\n`a`\n`b`", "2:1: found a command in backquotes; a command between events has a time before it, such as `+0`")]
    [InlineData("/* a", "1:1: a comment that doesn't end; close it with `*/`")]
    [InlineData("+0 %{ a", "1:4: a code block that doesn't end; close it with `}%`")]
    [InlineData("+0 `a", "1:4: a command that doesn't end; close it with a backquote")]
    // Times.
    [InlineData("f() = 0", "1:1: found `f`; an event begins with its time: `0.1`, `+0.1`, `*`, or a range such as `+.1~+.2`")]
    [InlineData("+x f() = 0", "1:2: found `x`; a time is a number of seconds, such as `0`, `.01` or `1.5`")]
    [InlineData("+0.05s < . 1:1(0) win 5", "1:6: found `s`; a time is a number of seconds without a unit, such as `0`, `.01` or `1.5`, and has a space behind it")]
    [InlineData("+0 P. 1:1(0) ack 1", "1:4: found `P`; a packet has its direction before its flags: `<` comes in, `>` goes out")]
    [InlineData("+0 < S 0:0(0) win 5 <mss 1460,sack>", "1:35: found `>`; SACK blocks are written `sack LEFT:RIGHT`, with spaces between them; that SACK is possible, in a SYN, is `sackOK`")]
    [InlineData("+-1 f() = 0", "1:2: the time -1 is negative; times are 0 or later")]
    [InlineData("9999999999 f() = 0", "1:1: the time 9999999999 is too large; at most 999999999 seconds are possible")]
    [InlineData("+0", "1:3: found the end of the script; an event is a packet (`<` or `>`), a system call, a command in backquotes or a code block `%{ … }%`")]
    [InlineData("+.2~+.1 > . 1:1(0)", "1:5: the range ends at 0.1s, before it begins at 0.2s; write the earlier time first")]
    [InlineData("+.1~.2 > . 1:1(0)", "1:5: found `.2`; both times of a range have a plus sign, as in `+.1~+.2`")]
    [InlineData("* f() = 0", "1:1: the time `*` before something else than an outbound packet; write one time, such as `+0`")]
    [InlineData("1~2 < . 1:1(0) win 1", "1:1: a range of times before something else than an outbound packet; write one time, such as `+0`")]
    [InlineData("+.2...0.1 f() = 0", "1:7: the call would end at 0.1s, before it begins at 0.2s; both count from the same instant")]
    [InlineData("+0...1 > . 1:1(0)", "1:8: found `>`; only a system call can last until a time, as in `+0...0.2 accept(3, ..., ...) = 4`")]
    // Packets.
    [InlineData("+0 < . 1:1(0)", "1:14: found the end of the script; an inbound segment has a window; write `win N` behind the sequence and acknowledgment numbers")]
    [InlineData("+0 > X 1:1(0)", "1:6: `X` are no TCP flags because of `X`; here stand TCP flags: letters of `FSRPU`, `.` for ACK, `E`, `W` and `A` or AccECN's counter 0 to 7, or `-` for no flag")]
    [InlineData("+0 > E.5 1:1(0)", "1:6: `E.5` has AccECN's counter both as a digit and as letters; write either the digit or E, W and A")]
    [InlineData("+0 > . 1:3(1)", "1:8: 1:3(1) doesn't fit together; 1 and 1 bytes give 1:2(1)")]
    [InlineData("+0 > . 1", "1:9: found the end of the script; sequence numbers are written `START:END(LENGTH)`, as in `1:1001(1000)`")]
    [InlineData("+0 > . 1:1(0) ack 4294967296", "1:19: an acknowledgment number 4294967296 is out of range; it is a number from 0 to 4294967295")]
    [InlineData("+0 > . 1:1(0) win 65536", "1:19: a window 65536 is out of range; it is a number from 0 to 65535")]
    [InlineData("+0 > . 1:1(0) win 5 ack 1", "1:21: found `ack`; after a packet's sequence numbers come `ack`, `win`, `urg` and `<options>`, in this order; otherwise a new event begins with a time, such as `+0`")]
    [InlineData("+0 < . 1:1(0) win 5 <...>", "1:21: `<...>` in an inbound segment, which must have options of its own; write them or leave out `<...>`")]
    [InlineData("+0 > . 1:1(0) <sackok>", "1:16: there is no TCP option `sackok`; did you mean `sackOK`?")]
    [InlineData("+0 > . 1:1(0) <mss 1460,wscale 7>", "1:15: the options are 7 bytes long, which is no multiple of 4; fill up with 1 × `nop`")]
    [InlineData("+0 > . 1:1(0) <sack 1:2 3:4 5:6 7:8 9:10>", "1:37: 5 SACK blocks; an option has room for 4")]
    [InlineData("+0 > . 1:1(0) <TS val 1 ecr 1,TS val 1 ecr 1,TS val 1 ecr 1,TS val 1 ecr 1,nop>", "1:15: the options are 41 bytes long; a TCP header has room for 40")]
    [InlineData("+0 > . 1:1(0) <FO abc>", "1:19: a Fast Open cookie has 3 digits; write two for each byte")]
    [InlineData("+0 > . 1:1(0) <FO COOKIE>", "1:19: a Fast Open cookie `COOKIE` is not hexadecimal; write digits 0 to 9 and a to f")]
    [InlineData("+0 > . 1:1(0) <TS val 1>", "1:24: found `>`; a timestamp is written `TS val N ecr N`")]
    [InlineData("+0 < [ect01] . 1:1(0) win 1", "1:6: `[ect01]` in an inbound packet; it must be one of them, `[ect0]` or `[ect1]`")]
    [InlineData("+0 > [ect0) . 1:1(0)", "1:11: found `)`; in brackets stand `noecn`, `ect0`, `ect1`, `ect01`, `ce` or `tos 0xNN`, possibly with `, flowlabel 0xNNNNN`; or `flowlabel 0xNNNNN`; or `ttl N`")]
    [InlineData("+0 > [tos 1] . 1:1(0)", "1:11: found `1`; a type of service is hexadecimal, from 0x0 to 0xff")]
    [InlineData("+0 < [ce] udp (1)", "1:6: an ECN mark on a UDP datagram; only TCP segments can have one, for others write `[tos 0xNN]`")]
    [InlineData("+0 < udp 1000", "1:10: found `1000`; a datagram has its length in parentheses, as in `udp (1000)`")]
    [InlineData("+0 < icmp unreachable host_unreachble", "1:23: the ICMP type `unreachable` has no code `host_unreachble`; did you mean `host_unreachable`? `code_N` is any other")]
    [InlineData("+0 < icmp unreachabel", "1:11: there is no ICMP type `unreachabel`; did you mean `unreachable`? `type_N` is any other")]
    [InlineData("+0 > ipv4 fd00::1 > fd00::2: . 1:1(0)", "1:11: found `fd00::1`; here stands an IPv4 address")]
    [InlineData("+0 > ipv4 1.2.3.999 > 1.2.3.4: . 1:1(0)", "1:11: `1.2.3.999` is no IPv4 address")]
    // Calls.
    [InlineData("+0 close(3) - 0", "1:13: found `-`; close needs the result it shall return, as in `= 0` or `= -1 EAGAIN (Resource temporarily unavailable)`")]
    [InlineData("+0 close 3 = 0", "1:10: found `3`; a system call is written `close(…) = result`")]
    [InlineData("+0 close(3 4) = 0", "1:12: found `4`; after an argument of close comes `,` or `)`")]
    [InlineData("+0 close(,) = 0", "1:10: found `,`; here stands a value: `...`, a number, a name, a string, a list in brackets or a structure in braces")]
    [InlineData("+0 f([1) = 0", "1:8: found `)`; after an item of a list comes `,` or `]`")]
    [InlineData("+0 f({fd=1, event=2}) = 0", "1:13: found `event`; a poll descriptor is written `{fd=…, events=…, revents=…}`, the last of which may be left out")]
    [InlineData("+0 f({event=1, fd=2}) = 0", "1:7: found `event`; did you mean `events`?")]
    [InlineData("+0 f({sa_family=AF_UNIX}) = 0", "1:17: found `AF_UNIX`; the family of a socket address is `AF_INET` or `AF_INET6`")]
    [InlineData("+0 f(99999999999999999999) = 0", "1:6: the number 99999999999999999999 doesn't fit 64 bits")]
    [InlineData("+0 f(\"\\q\") = 0", "1:6: a string with the escape `\\q`; there are \\\\ \\\" \\' \\0 \\a \\b \\f \\n \\r \\t \\v and \\xHH")]
    [InlineData("+0 f() = 0 (abc", "1:12: a note that doesn't end; close it with `)`")]
    [InlineData("+0 f() = 0\nclose(3) = 0", "2:1: found `close`; an event begins with its time: `0.1`, `+0.1`, `*`, or a range such as `+.1~+.2`")]
    public void A_mistake_is_placed_and_explained(string text, string message)
    {
        ScriptException error = Assert.Throws<ScriptException>(() => PacketdrillParser.Parse(text, "t.pkt", new Dictionary<string, string>()));
        Assert.Equal("t.pkt:" + message, Assert.Single(error.Errors).ToString());
    }

    [Fact]
    public void A_mistake_in_a_macro_names_it_and_the_place_of_its_use()
    {
        Dictionary<string, string> macros = new() { ["BAD"] = "\"open" };
        ScriptException error = Assert.Throws<ScriptException>(() => PacketdrillParser.Parse("+0 f(BAD) = 0", "t.pkt", macros));
        Assert.Equal("t.pkt:1:6: in the macro `BAD`: a string that doesn't end; close it with `\"`", error.Message);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("(")]
    [InlineData("~")]
    [InlineData("a=")]
    [InlineData("1|")]
    [InlineData("1<<")]
    [InlineData("{fd=")]
    public void Endless_nesting_ends_in_a_message(string piece)
    {
        string text = "+0 f(" + string.Concat(Enumerable.Repeat(piece, 100_000)) + "1) = 0";
        ScriptException error = Assert.Throws<ScriptException>(() => PacketdrillParser.Parse(text, "t.pkt", new Dictionary<string, string>()));
        Assert.Contains("more than", error.Message);
    }

    [Theory]
    [InlineData("|")]
    [InlineData("&")]
    [InlineData("<<")]
    public void Operators_are_counted_for_each_value_alone(string sign)
    {
        string value = string.Join(sign, Enumerable.Repeat("1", 100));
        string text = $"+0 f({value}, {value}, {value}) = 0";
        Assert.Single(PacketdrillParser.Parse(text, "t.pkt", new Dictionary<string, string>()).Events);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_fail()
    {
        System.Random random = new(7);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            string text = (round % 2 == 0 ? "+0 " : "") + System.Text.Encoding.Latin1.GetString(bytes);
            Assert.Throws<ScriptException>(() => PacketdrillParser.Parse(text, "t.pkt", new Dictionary<string, string>()));
        }
    }
}
