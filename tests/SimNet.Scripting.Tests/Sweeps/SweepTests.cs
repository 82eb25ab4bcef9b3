using SimNet.Scripting.Model;
using SimNet.Scripting.Sweeps;

namespace SimNet.Scripting.Tests.Sweeps;

/// <summary>Variables and sweeps: cells, measures, tables, and what is said of bad axes.</summary>
public class SweepTests
{
    private const string Script = """
        name: s
        variables: {backlog: 2, text: hello}
        hosts: {client: 10.0.0.1/24, server: 10.0.0.2/24}
        links: [{between: [client, server], delay: 5ms}]
        applications:
          server: [{bind: 80}, {listen: "${backlog}"}, {accept: c}, {read: {until-eof: true, socket: c}}, {close: c}]
          client: [{connect: "server:80", label: first}, {write: "${text} ${text}"}, {close: s}]
        sweep:
          axes:
            backlog: [1, 5]
            links[0].delay: [5ms, 10ms, 20ms]
          measure:
            read: {delivered: server}
            took: {call: {label: first, value: took}}
            at: {reached: {host: server, state: ESTABLISHED}}
            connected: {connections: {host: client, state: ESTABLISHED}}
            refused: {calls: {call: connect, errno: ECONNREFUSED}}
            never: {reached: {host: client, connection: 7, state: ESTABLISHED}}
          expect:
            - {backlog: 5, read: 11}

        """;

    [Fact]
    public void Every_cell_is_a_run_of_its_own()
    {
        SweepResult result = Run(Script);
        Assert.Equal(["1 5ms", "1 10ms", "1 20ms", "5 5ms", "5 10ms", "5 20ms"], result.Cells.Select(c => string.Join(' ', c.Values)));
        Assert.Equal(
            ["11 0.02 0.025 1 0 -", "11 0.04 0.05 1 0 -", "11 0.08 0.1 1 0 -", "11 0.02 0.025 1 0 -", "11 0.04 0.05 1 0 -", "11 0.08 0.1 1 0 -"],
            result.Cells.Select(c => string.Join(' ', c.Measured.Select(m => m.Text))));
        Assert.True(result.Passed);
    }

    [Fact]
    public void The_table_has_the_last_axis_across()
    {
        SweepResult result = Run(Script);
        Assert.Equal(
            ["read (links[0].delay across):", "backlog  5ms  10ms  20ms", "      1   11    11    11", "      5   11    11    11", ""],
            SweepTable.Print(result).Take(5));
        Assert.Equal(7, SweepTable.Print(result, width: 20).Count);
        string[] csv = SweepTable.Csv(result).Split('\n');
        Assert.Equal("backlog,links[0].delay,read,took,at,connected,refused,never", csv[0]);
        Assert.Equal("1,5ms,11,0.02,0.025,1,0,", csv[1]);
    }

    [Fact]
    public void What_is_expected_is_judged_by_cell()
    {
        SweepResult result = Run(Script.Replace("read: 11}", "read: 12}", StringComparison.Ordinal));
        Assert.False(result.Passed);
        Assert.Equal("11 with backlog=5, links[0].delay=5ms", Assert.Single(result.Verdicts).Got);
    }

    [Fact]
    public void A_cell_that_fails_the_scripts_own_expectations_is_named()
    {
        SweepResult result = Run(Script + "expect: [{call: {label: first, expect: {took: 20ms}}}]\n");
        Assert.Equal(
            ["backlog=1, links[0].delay=10ms: call `first`", "backlog=1, links[0].delay=20ms: call `first`"],
            result.Verdicts.Where(v => !v.Passed).Take(2).Select(v => v.Text));
    }

    [Theory]
    [InlineData("backlog: [1, 5]", "backlogs: [1, 5]", "10:5: axis `backlogs` is no variable; did you mean `backlog`?; nor is it a path, like links[0].delay or profile")]
    [InlineData("backlog: [1, 5]", "backlog: 3", "10:14: axis `backlog`: found `3` where a list is right")]
    [InlineData("backlog: [1, 5]", "backlog: []", "10:14: axis `backlog` has no values; write them as a list, like [1, 2, 3]")]
    [InlineData("backlog: [1, 5]", "backlog: [5, 5]", "10:14: axis `backlog` has a value twice")]
    [InlineData("backlog: [1, 5]", "backlog: [5, [1]]", "10:18: axis `backlog`: found a list where one value is right")]
    [InlineData("backlog: [1, 5]", "backlog: [x, 5]", "10:5: axis `backlog`, value `x`: listen: found `x` where a whole number")]
    [InlineData("links[0].delay", "links[3].delay", "11:5: axis `links[3].delay`, value `5ms`: there is no item [3] here; the list has 1 item, counted from 0")]
    [InlineData("10ms, 20ms", "10ms, 20mz", "11:5: axis `links[0].delay`, value `20mz`: ")]
    [InlineData("{delivered: server}", "{delivered: servr}", "13:23: unknown host `servr`; did you mean `server`?")]
    [InlineData("{delivered: server}", "{deliverd: server}", "13:12: unknown key `deliverd` in measure; did you mean `delivered`?")]
    [InlineData("label: first, value", "label: frist, value", "14:26: no call has the label `frist`; did you mean `first`?")]
    [InlineData("call: connect", "call: conect", "17:29: unknown call `conect`; did you mean `connect`?")]
    [InlineData("errno: ECONNREFUSED", "errno: ECONNREFUSD", "17:45: unknown errno `ECONNREFUSD`; did you mean `ECONNREFUSED`?")]
    [InlineData("took: {call:", "backlog: {call:", "14:5: measure `backlog` has the name of an axis or of a key; choose another")]
    [InlineData("{backlog: 5, read: 11}", "{backlog: 7, read: 11}", "20:17: axis `backlog` has no value `7`; it has 1, 5")]
    [InlineData("{backlog: 5, read: 11}", "{backlog: 5, red: 11}", "20:20: `red` is no axis and no measure of this sweep; did you mean `read`?")]
    [InlineData("{backlog: 5, read: 11}", "{backlog: 5}", "20:7: expect: no measure is named here")]
    [InlineData("${text} ${text}", "${txt}", "7:58: unknown variable `txt`; did you mean `text`?")]
    [InlineData("${text} ${text}", "${text", "7:58: `${text` has no `}`; a variable is written `${name}`")]
    [InlineData("text: hello}", "text: [hello]}", "2:31: variable `text`: found a list where one value is right")]
    public void A_mistake_is_told_at_its_place(string good, string bad, string message)
    {
        Assert.Contains(good, Script, StringComparison.Ordinal);
        string text = Script.Replace(good, bad, StringComparison.Ordinal);
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Contains(errors, e => e.ToString().StartsWith("x.yaml:" + message, StringComparison.Ordinal));
    }

    [Fact]
    public void Too_many_runs_are_refused()
    {
        string many = string.Join(", ", Enumerable.Range(1, 5001));
        string text = Script.Replace("[5ms, 10ms, 20ms]", "[5ms, 10ms]", StringComparison.Ordinal).Replace("[1, 5]", $"[{many}]", StringComparison.Ordinal);
        Assert.False(ScenarioScript.TryParse(text, "x.yaml", out _, out IReadOnlyList<ScriptError> errors));
        Assert.Contains("10002 runs; at most 10000 are made", errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_variables_the_braces_are_text()
    {
        ScenarioDefinition scenario = ScenarioScript.Parse("hosts: {a: 10.0.0.1/24}\ndescription: ${x}\napplications: {a: [{socket: s}, {write: \"${x}\"}]}\n", "x.yaml");
        Assert.Null(scenario.Sweep);
    }

    [Fact]
    public void Without_its_sweep_the_script_runs_once_and_shortened_axes_drop_expectations()
    {
        Assert.Null(ScenarioScript.Parse(Script, "x.yaml", ["sweep="]).Sweep);
        SweepResult result = Run(Script, "sweep.axes.backlog=[1]");
        Assert.Equal(3, result.Cells.Count);
        Assert.Empty(result.Verdicts);
    }

    private static SweepResult Run(string text, params string[] settings) =>
        SweepRunner.Run(ScenarioScript.Parse(text, "x.yaml", settings), more => ScenarioScript.Parse(text, "x.yaml", [.. settings, .. more]));
}
