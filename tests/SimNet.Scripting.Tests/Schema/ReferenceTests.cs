using System.Text.Json.Nodes;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimNet.Scripting.Yaml;

namespace SimNet.Scripting.Tests.Schema;

/// <summary>The reference's examples, read by the binder and by the schema.</summary>
public class ReferenceTests
{
    private const string Base = "hosts: {client: 10.0.0.1/24, server: 10.0.0.2/24}";
    private const string Link = "links: [{between: [client, server.eth0]}]";
    private static readonly SchemaValidator Schema = new(JsonNode.Parse(SchemaWriter.Write())!.AsObject());

    public static TheoryData<int, string> Examples()
    {
        var data = new TheoryData<int, string>();
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "scenario-reference.md"));
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i] == "```yaml")
            {
                string[] block = [.. lines.Skip(i + 1).TakeWhile(l => l != "```")];
                data.Add(i + 2, Complete(string.Join('\n', block)));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_accepted_by_binder_and_schema(int line, string text)
    {
        ScenarioScript.TryParse(text, $"scenario-reference.md+{line}", out _, out IReadOnlyList<ScriptError> errors);
        Assert.Equal("", string.Join('\n', errors));
        Assert.True(Schema.Accepts(NodeReader.Read(text, "x", new ErrorList())!), $"the schema refuses the example in line {line}");
    }

    [Theory]
    [MemberData(nameof(Running.CatalogueTests.Names), MemberType = typeof(Running.CatalogueTests))]
    public void The_schema_accepts_the_catalogue(string name)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "src", "Scenarios", "Catalogue", name + ".yaml"));
        Assert.True(Schema.Accepts(NodeReader.Read(text, name, new ErrorList())!));
    }

    [Fact]
    public void Every_key_of_the_language_has_an_example()
    {
        string document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "scenario-reference.md"));
        string[] missing =
        [
            .. from shape in Shapes.All
               from key in shape.Keys
               where !document.Contains(key.Name + ":", StringComparison.Ordinal) && !document.Contains("- " + key.Name, StringComparison.Ordinal)
               select $"{shape.Name}.{key.Name}",
        ];
        Assert.Equal([], missing);
    }

    [Theory]
    [InlineData("hosts: 5")]
    [InlineData("hosts: {a: {adress: 10.0.0.1/24}}")]
    [InlineData("titel: x")]
    [InlineData("seed: one")]
    [InlineData("seed: -1")]
    [InlineData("start: yesterday")]
    [InlineData("limits: {time: 5}")]
    [InlineData("limits: 5s")]
    [InlineData("links: [{delay: 5ms}]")]
    [InlineData("links: [{between: [client, server], delay: 5}]")]
    [InlineData("links: [{between: [client, server], delay: -5ms}]")]
    [InlineData("links: [{between: [client, server], rate: 5ms}]")]
    [InlineData("links: [{between: [client, server], loss: 120%}]")]
    [InlineData("links: [{between: [client, server], loss: 1.2}]")]
    [InlineData("links: [{between: [client, server], mtu: 20}]")]
    [InlineData("links: [{between: [client, server], queue: {packets: 0}}]")]
    [InlineData("links: [{between: [client, server], changes: [{loss: 1%}]}]")]
    [InlineData("links: [{between: [client, server], client->server: {los: 1%}}]")]
    [InlineData("faults: [{on: client->server}]")]
    [InlineData("faults: [{on: client->server, do: drop, match: {nth: 0}}]")]
    [InlineData("faults: [{on: client->server, do: drop, match: {payload: much}}]")]
    [InlineData("applications: {client: {connect: 'server:1'}}")]
    [InlineData("applications: {client: [conect]}")]
    [InlineData("applications: {client: [{conect: 'server:1'}]}")]
    [InlineData("applications: {client: [connect]}")]
    [InlineData("applications: {client: [{sleep: 5}]}")]
    [InlineData("applications: {client: [{sleep: 5s, at: 6s}]}")]
    [InlineData("applications: {client: [{label: x}]}")]
    [InlineData("applications: {client: [{connect: 'server:1'}, {shutdown: all}]}")]
    [InlineData("applications: {client: [{connect: 'server:1'}, {read: everything}]}")]
    [InlineData("applications: {client: [{connect: 'server:1'}, {write: {text: a, size: 5}}]}")]
    [InlineData("applications: {client: [{connect: 'server:1'}, {write: {flags: MSG_OOB}}]}")]
    [InlineData("applications: {client: [{repeat: {do: []}}]}")]
    [InlineData("applications: {client: [{bind: 70000}]}")]
    [InlineData("expect: [{segments: [{form: client}]}]")]
    [InlineData("expect: [{segments: [], drops: 0}]")]
    [InlineData("expect: [{text: nothing}]")]
    [InlineData("expect: [{states: {host: client}}]")]
    [InlineData("expect: [{drops: many}]")]
    [InlineData("expect: [{counters: {TcpRetransSegs: 0}}]")]
    [InlineData("tables: [{host: client, form: nets}]")]
    [InlineData("capture: [client]")]
    public void What_the_schema_can_see_wrong_both_refuse(string text)
    {
        string whole = Complete(text);
        Assert.False(ScenarioScript.TryParse(whole, "x.yaml", out ScenarioDefinition? _, out _), "the binder accepts it");
        Assert.False(Schema.Accepts(NodeReader.Read(whole, "x", new ErrorList())!), "the schema accepts it");
    }

    private static string Complete(string text)
    {
        string whole = text.Contains("hosts:", StringComparison.Ordinal) ? text : text + "\n" + Base;
        return text.Contains("links:", StringComparison.Ordinal) ? whole : whole + "\n" + Link;
    }
}
