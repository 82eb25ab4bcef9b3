using System.Numerics;
using SimNet.Scripting.Packetdrill.Code;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Code;

/// <summary>What code blocks do; results of expressions are those of CPython 3.11.</summary>
public class CodeBlockTests
{
    // Those that scripts need to be read; their values do not matter here.
    private static readonly Dictionary<string, string> Macros = new() { ["TFO_COOKIE"] = "3021b9d889017eeb", ["CODE"] = "host_unreachable" };

    private static readonly SourcePosition Start = new("a.pkt", 10, 8);

    private static CodeLookupResult Socket(string name) => name switch
    {
        "tcpi_snd_cwnd" => CodeLookupResult.Value(9),
        "tcpi_state" => CodeLookupResult.Value(7),
        "tcpi_ca_state" => CodeLookupResult.Value(3),
        "tcpi_options" => CodeLookupResult.Value(37),
        "tcpi_rtt" => CodeLookupResult.Value(10_000),
        "tcpi_snd_ssthresh" => CodeLookupResult.Value(0x7fffffff),
        "tcpi_options2" => CodeLookupResult.Unsupported,
        _ => CodeLookupResult.Unknown,
    };

    private static CodeOutcome Run(string text, CodeScope? scope = null) => CodeBlock.Parse(text, Start).Run(scope ?? new CodeScope(), Socket);

    private static string SyntaxError(string text) =>
        Assert.Single(Assert.Throws<ScriptException>(() => CodeBlock.Parse(text, Start)).Errors).ToString();

    [Theory]
    [InlineData("assert tcpi_snd_cwnd == 9, tcpi_snd_cwnd")]
    [InlineData("  assert tcpi_snd_cwnd == 9\t ")]
    [InlineData("\nassert tcpi_snd_cwnd == 9\nassert tcpi_state == TCP_CLOSE # closed\n")]
    [InlineData("\n\n# nothing\n   \n")]
    [InlineData("")]
    [InlineData("assert tcpi_snd_cwnd == 9;\\\n   assert tcpi_rtt == 10000, tcpi_rtt;\\\n   ")]
    [InlineData("assert tcpi_snd_cwnd == 9; \\\n         assert tcpi_state == 7")]
    [InlineData("assert tcpi_snd_cwnd == 9;\\")]
    [InlineData("assert tcpi_snd_cwnd == 9\r\nassert tcpi_state == 7\r\n")]
    [InlineData("assert (tcpi_options & TCPI_OPT_SYN_DATA) != 0, tcpi_options")]
    [InlineData("assert 5000 <= tcpi_rtt <= 20000, 'srtt=%d us' % tcpi_rtt")]
    [InlineData("assert tcpi_ca_state in (TCP_CA_Recovery, TCP_CA_Loss)")]
    [InlineData("assert tcpi_ca_state not in [\n  TCP_CA_Open,\n  TCP_CA_CWR,\n]")]
    [InlineData("TCP_INFINITE_SSTHRESH = 0x7fffffff\nassert tcpi_snd_ssthresh == TCP_INFINITE_SSTHRESH")]
    [InlineData("a = b = 2; a += 3; a *= b; a -= 1; a //= 2; a <<= 2; a |= 1; a ^= 3; a %= 8; assert a == 2, a")]
    [InlineData("a, (b, c) = 1, (2, 3)\nassert a + b + c == 6")]
    [InlineData("if tcpi_snd_cwnd > 10:\n  assert False\nelif tcpi_snd_cwnd == 9: ok = 1\nelse:\n  assert False\nassert ok")]
    [InlineData("n = 0\nwhile True:\n\tn += 1\n\tif n < 5: continue\n\tbreak\nassert n == 5")]
    [InlineData("n = 0\nfor i, j in ((1, 2), (3, 4)):\n  for k in range(3):\n    n += i * j\nassert n == 42")]
    [InlineData("assert True or no_such_name")]
    [InlineData("assert (1 if True else no_such_name) == 1")]
    [InlineData("assert tcpi_snd_cwnd is not None and (None is None)")]
    [InlineData("def_ = 1; assert def_")]
    public void Passes(string text)
    {
        CodeOutcome outcome = Run(text);
        Assert.Equal((CodeOutcomeKind.Passed, ""), (outcome.Kind, outcome.Message));
        Assert.True(outcome.IsSuccess);
    }

    [Theory]
    [InlineData("assert tcpi_snd_cwnd == 10", "10:8 assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9")]
    [InlineData("assert tcpi_snd_cwnd  == 10,tcpi_snd_cwnd", "10:8 assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9")]
    [InlineData("  assert tcpi_snd_cwnd == 10, 'cwnd=%d' % tcpi_snd_cwnd", "10:10 assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9 (cwnd=9)")]
    [InlineData("\nassert tcpi_state == 7; assert tcpi_state == TCP_LISTEN",
        "11:25 assert tcpi_state == TCP_LISTEN: tcpi_state is 7 [TCP_CLOSE]")]
    [InlineData("assert tcpi_ca_state == TCP_CA_Open, tcpi_ca_state",
        "10:8 assert tcpi_ca_state == TCP_CA_Open: tcpi_ca_state is 3 [TCP_CA_Recovery]")]
    [InlineData("assert (tcpi_options & TCPI_OPT_SYN_DATA) == 0, tcpi_options",
        "10:8 assert (tcpi_options & TCPI_OPT_SYN_DATA) == 0: tcpi_options is 37 [TIMESTAMPS|WSCALE|SYN_DATA]")]
    [InlineData("assert tcpi_snd_cwnd == 10, tcpi_state", "10:8 assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9, tcpi_state is 7 [TCP_CLOSE]")]
    [InlineData("x = 4\nassert 5 <= \\\n  x < 3 # no\n", "11:1 assert 5 <= x < 3: x is 4")]
    [InlineData("assert False, 'a\\nb'", "10:8 assert False: a\\nb")]
    [InlineData("assert False", "10:8 assert False")]
    [InlineData("assert tcpi_snd_cwnd == 10, no_name", "10:8 assert tcpi_snd_cwnd == 10: tcpi_snd_cwnd is 9")]
    [InlineData("tcpi_snd_cwnd + no_name", "10:24 the name `no_name` is not defined")]
    [InlineData("assert tcpi_snd_cwd == 1", "10:15 the name `tcpi_snd_cwd` is not defined; did you mean `tcpi_snd_cwnd`?")]
    [InlineData("\n1 + 1 / 0", "11:7 division by zero")]
    [InlineData("x = 'a' + 1", "10:16 `+` does not work on values of types str and int")]
    [InlineData("x = 1 < 'a'", "10:14 `<` does not work on values of types int and str")]
    [InlineData("'%d %d' % 1", "10:16 the format needs more than 1 value")]
    [InlineData("'%d' % (1, 2)", "10:13 the format uses 1 of 2 values")]
    [InlineData("'%d' % 'a'", "10:13 `%d` takes a number, not a value of type str")]
    [InlineData("len(5)", "10:8 len() does not take a value of type int")]
    [InlineData("abs()", "10:8 abs() takes 1 argument, not 0")]
    [InlineData("5()", "10:8 a value of type int cannot be called")]
    [InlineData("a, b = 1, 2, 3", "10:8 3 values for 2 names")]
    [InlineData("(1, 2)[2]", "10:8 there are 2 items, no item 2")]
    [InlineData("tcpi_rtt is 10000", "10:17 `is` tells whether two values are one object; `==` compares them")]
    public void Fails(string text, string expected)
    {
        CodeOutcome outcome = Run(text);
        Assert.Equal(CodeOutcomeKind.Failed, outcome.Kind);
        Assert.Equal(expected, $"{outcome.Position.Line}:{outcome.Position.Column} {outcome.Message}");
    }

    [Theory]
    [InlineData("assert tcpi_options2 == 0", "tcpi_options2 is not supported yet")]
    [InlineData("assert tcpi_reord_seen == 0", "tcpi_reord_seen is not supported yet")]
    [InlineData("assert SK_MEMINFO_DROPS == 0", "SK_MEMINFO_DROPS is not supported yet")]
    [InlineData("assert bbr_bw > 0", "bbr_bw is not supported yet")]
    [InlineData("assert sorted((2, 1))", "sorted is not supported yet")]
    [InlineData("'%(a)d' % 5", "a format with names is not supported yet")]
    public void WhatTheMachineLacksIsNamed(string text, string expected)
    {
        CodeOutcome outcome = Run(text);
        Assert.Equal((CodeOutcomeKind.Unsupported, expected), (outcome.Kind, outcome.Message));
    }

    [Theory]
    [InlineData("import os", "10:8 `import` in a code block is not supported yet")]
    [InlineData("x = [i for i in y]", "10:15 a comprehension in a code block is not supported yet")]
    [InlineData("def f(): pass", "10:8 `def` in a code block is not supported yet")]
    [InlineData("x = lambda: 1", "10:12 `lambda` in a code block is not supported yet")]
    [InlineData("x = {}", "10:12 `{` here in a code block is not supported yet")]
    [InlineData("x = f'{y}'", "10:12 a string with the prefix `f` in a code block is not supported yet")]
    [InlineData("'a'.join(x)", "10:11 the attribute `.join` in a code block is not supported yet")]
    [InlineData("x = 'abc'[1:2]", "10:19 a slice in a code block is not supported yet")]
    [InlineData("print(1, end='')", "10:17 the named argument `end=` in a code block is not supported yet")]
    [InlineData("x = 2j", "10:12 the complex number `2j` in a code block is not supported yet")]
    public void WhatIsLackingOfPythonIsNamedWhenTheBlockIsRun(string text, string expected)
    {
        CodeOutcome outcome = Run(text);
        Assert.Equal(CodeOutcomeKind.Unsupported, outcome.Kind);
        Assert.Equal(expected, $"{outcome.Position.Line}:{outcome.Position.Column} {outcome.Message}");
    }

    [Theory]
    [InlineData("assert", "a.pkt:10:14: code block: unexpected end of line; a value is missing")]
    [InlineData("assert tcpi_snd_cwnd = 3", "a.pkt:10:29: code block: unexpected `=`")]
    [InlineData("\nassert (1", "a.pkt:11:10: code block: unexpected end of line; `)` is missing for the `(` before")]
    [InlineData("assert 1)", "a.pkt:10:16: code block: `)` closes nothing")]
    [InlineData("assert 1\n  assert 2", "a.pkt:11:1: code block: unexpected indentation")]
    [InlineData("if 1:\n   x = 1\n  y = 1", "a.pkt:12:3: code block: the indentation matches no outer line")]
    [InlineData("if 1:\nx = 1", "a.pkt:11:1: code block: indented lines are missing behind `:`")]
    [InlineData("assert 'abc", "a.pkt:10:15: code block: the string has no end")]
    [InlineData("assert 1 <> 2", "a.pkt:10:17: code block: `<>` is Python 2; `!=` would be right")]
    [InlineData("assert 0x1g", "a.pkt:10:15: code block: `0x1g` is not a number")]
    [InlineData("assert 010 == 8", "a.pkt:10:15: code block: `010`: a decimal number has no leading zeros, an octal one begins with 0o")]
    [InlineData("assert 1 ? 2", "a.pkt:10:17: code block: unexpected `?`")]
    [InlineData("assert 1 \\ 2", "a.pkt:10:17: code block: a character follows the backslash that continues a line")]
    [InlineData("1 = 2", "a.pkt:10:8: code block: only a name can be assigned to; `==` compares")]
    [InlineData("break", "a.pkt:10:8: code block: `break` outside a loop")]
    public void MistakesAreNamedWithTheirPlace(string text, string expected) => Assert.Equal(expected, SyntaxError(text));

    [Theory]
    [InlineData("print(1 / 3, 7 // 2, -7 // 2, -7 % 3, 7 % -3, 2 ** 10, 2 ** -1)", "0.3333333333333333 3 -4 2 -2 1024 0.5")]
    [InlineData("print(-2 ** 2, 2 ** 3 ** 2, (1 + 2) * 3, 1 | 6 ^ 2 & 3, ~5, 1 << 3 + 1)", "-4 512 9 5 -6 16")]
    [InlineData("print(1 < 2 < 3, 1 < 3 < 2, not 1 == 2, 3 > 2 == True)", "True False True False")]
    [InlineData("print(10 ** 20, 1e16, 1e15, 0.1 + 0.2, 1e-5, 0.0001, 2.0, -0.0)",
        "100000000000000000000 1e+16 1000000000000000.0 0.30000000000000004 1e-05 0.0001 2.0 -0.0")]
    [InlineData("print(round(2.5), round(3.5), round(2.675, 2), round(1234, -2), round(-0.5))", "2 4 2.67 1200 0")]
    [InlineData("print(int('0x1f', 16), int(-2.9), int(' 42 '), float('1_0.5'), float('inf'))", "31 -2 42 10.5 inf")]
    [InlineData("print(min(3, 1.5, 2), max([1, 4, 2]), sum((1, 2.5)), len('abc'), abs(-3), hex(255))", "1.5 4 3.5 3 3 0xff")]
    [InlineData("print('%5d|%-5d|%05d|%+d|%x|%#X|%o' % (42, 42, -42, 42, 255, 255, 8))", "   42|42   |-0042|+42|ff|0XFF|10")]
    [InlineData("print('%.2f %e %g %g %8.3f %s %r %% %c' % (2.675, 12345.678, 1e-5, 1e6, 3.14159, 'a', 'b', 'c'))",
        "2.67 1.234568e+04 1e-05 1e+06    3.142 a 'b' % c")]
    [InlineData("print('%s %s' % ((1, 'a'), [None, True]), (1,), ())", "(1, 'a') [None, True] (1,) ()")]
    [InlineData("print('a' 'b' * 2, \"it's\", repr(\"it's\"), repr('\\n\\x41\\u00e9'))", "abab it's \"it's\" '\\nAé'")]
    [InlineData("print(True + True, True & False, 1 == 1.0, 2 ** 53 == float(2 ** 53), 2 ** 53 + 1 == float(2 ** 53))", "2 False True True False")]
    [InlineData("print(0xff, 0b101, 0o17, 1_000, .5, 1., 1e3, 0x_f)", "255 5 15 1000 0.5 1.0 1000.0 15")]
    [InlineData("print(1 in (1, 2), 'b' in 'abc', 3 not in [1], (1, 2) < (1, 3), [1] + [2] * 2)", "True True True True [1, 2, 2]")]
    [InlineData("print('a' or 'b', 0 or '', 1 and 2, not [])", "a  2 True")]
    [InlineData("print 'cwnd', tcpi_snd_cwnd", "cwnd 9")]
    [InlineData("print tcpi_snd_cwnd; print", "9\n")]
    [InlineData("print('''a\nb''', r'\\n', \"\"\"c\"\"\", (1, 2)[-1], 'abc'[1])", "a\nb \\n c 2 b")]
    public void PrintsWhatPythonPrints(string text, string expected)
    {
        CodeOutcome outcome = Run(text);
        Assert.Equal("", outcome.Message);
        Assert.Equal(expected + "\n", outcome.Output);
    }

    [Fact]
    public void BlocksOfOneScriptShareTheirNames()
    {
        CodeScope scope = new();
        Assert.True(Run("TCP_INFINITE_SSTHRESH = 0x7fffffff\ntcpi_snd_cwnd = 3; assert tcpi_snd_cwnd == 3", scope).IsSuccess);
        Assert.True(Run("assert tcpi_snd_ssthresh == TCP_INFINITE_SSTHRESH", scope).IsSuccess);
        // The socket's fields are read anew before each block.
        Assert.True(Run("assert tcpi_snd_cwnd == 9", scope).IsSuccess);
        Assert.False(Run("assert TCP_INFINITE_SSTHRESH", new CodeScope()).IsSuccess);
    }

    [Theory]
    [InlineData("while True: pass", "the code does not end within 200000 steps")]
    [InlineData("x = 1\nwhile True: x = x * 3", "an integer of more than 4096 bits")]
    [InlineData("x = 2 ** 10 ** 10", "an integer of more than 4096 bits")]
    [InlineData("x = 1 << 10 ** 10", "an integer of more than 4096 bits")]
    [InlineData("x = 'a' * 10 ** 10", "a string of more than 16384 characters")]
    [InlineData("x = [0] * 10 ** 10", "the sequence is too large")]
    [InlineData("x = []\nwhile True: x = [x]", "the sequence is too large")]
    [InlineData("x = [1]\nwhile True: x = [x, x]", "the sequence is too large")]
    [InlineData("x = range(10 ** 10)", "the sequence is too large")]
    [InlineData("while True: print('a' * 1000)", "the code prints more than 65536 characters")]
    public void CodeThatWouldNotEndIsStopped(string text, string expected) => Assert.Equal(expected, Run(text).Message);

    [Theory]
    [InlineData("(", 10_000, "")]
    [InlineData("-", 10_000, "1")]
    [InlineData("not ", 10_000, "1")]
    [InlineData("1+", 10_000, "1")]
    [InlineData("1 if 1 else ", 10_000, "1")]
    [InlineData("1**", 10_000, "1")]
    [InlineData("a[", 10_000, "")]
    [InlineData("if 1:\n", 1, "")]
    public void DeepNestingIsRefusedNotFollowed(string part, int times, string end) =>
        SyntaxError(string.Concat(Enumerable.Repeat(part, times)) + end);

    [Theory]
    [InlineData("if 1:", " ")]
    [InlineData("while 1:", "\t")]
    public void DeepIndentationIsRefusedNotFollowed(string head, string indent)
    {
        string text = string.Concat(Enumerable.Range(0, 500).Select(i => string.Concat(Enumerable.Repeat(indent, i)) + head + "\n"));
        SyntaxError(text);
    }

    [Fact]
    public void NoTextEndsInAnotherException()
    {
        string[] seeds =
        [
            "assert 5000 <= tcpi_rtt <= 20000, 'srtt=%d us' % tcpi_rtt\nassert (tcpi_options & 0x20) != 0; x = [1, (2, 3)]\n",
            "for i in range(3):\n  if i ** 2 >= -1.5e3:\n    print('%5.2f' % i, \"\\x41\\u00e9\", max(i, 2) // 3)\n  else: pass\n",
            "a, b = 1 << 3, ~7 if True else None\na += b; print a, `x`\nassert not a is None and 'a' in 'abc', int('0x1f', 16)\\\n",
            "round(2.5, -1) % 3 ** -2; str(repr(float('inf'))) * 3; {lambda: 1}; '''a\n''' r'b' [0]; x = 0b101_1 .real; len(())",
        ];
        var random = new System.Random(1);
        const string Extra = "()[]{}.,:;=+-*/%'\"\\\n\t #01xeE_naf<>&|~^!@$?\u00e9\ud800\0";
        for (int i = 0; i < 6_000; i++)
        {
            char[] text = seeds[i % seeds.Length].ToCharArray();
            List<char> mangled = [.. text];
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

            string script = new([.. mangled]);
            try
            {
                CodeOutcome outcome = Run(script);
                Assert.DoesNotContain('\n', outcome.Message);
            }
            catch (ScriptException refused)
            {
                Assert.DoesNotContain('\n', refused.Message);
                Assert.True(refused.Errors[0].Line >= Start.Line && refused.Errors[0].Column >= 1, refused.Message);
            }
        }
    }

    [Fact]
    public void BlocksOfAllScriptsAreReadAndUseKnownNames()
    {
        SharedFolder.NeedScripts();
        List<string> wrong = [];
        foreach (string path in SharedFolder.Scripts)
        {
            CodeScope scope = new();
            PacketdrillScript script = PacketdrillParser.Parse(SharedFolder.ReadScript(path), path, Macros);
            foreach (SourceText code in script.Events.OfType<CodeEvent>().Select(e => e.Code))
            {
                // Any number will do: an assertion may fail, and says what it compared.
                CodeOutcome outcome = CodeBlock.Parse(code.Text, code.Position).Run(
                    scope, name => name.StartsWith("tcpi_", StringComparison.Ordinal) ? CodeLookupResult.Value(-1) : default);
                if (!outcome.IsSuccess && !outcome.Message.StartsWith("assert ", StringComparison.Ordinal))
                {
                    wrong.Add($"{outcome.Position}: {outcome.Message}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void LargeValuesOfTheSocketAreExact()
    {
        CodeBlock block = CodeBlock.Parse("assert tcpi_max_pacing_rate == 18446744073709551615", Start);
        Assert.True(block.Run(new CodeScope(), _ => CodeLookupResult.Value(new BigInteger(ulong.MaxValue))).IsSuccess);
    }
}
