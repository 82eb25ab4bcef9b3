using SimNet.Scripting.Schema;

namespace SimNet.Scripting.Tests.Schema;

public class SchemaTests
{
    // After a change of the language: UPDATE_SCHEMA=1 dotnet test writes the file anew.
    [Fact]
    public void The_schema_file_is_what_the_shapes_say()
    {
        string written = SchemaWriter.Write();
        string path = Path.Combine(Repository.Root, "src", "SimNet.Scripting", "Schema", "scenario.schema.json");
        if (Environment.GetEnvironmentVariable("UPDATE_SCHEMA") == "1")
        {
            File.WriteAllText(path, written);
        }

        Assert.Equal(written, File.ReadAllText(path));
    }

    [Fact]
    public void Every_reference_names_a_definition()
    {
        string written = SchemaWriter.Write();
        foreach (string part in written.Split("\"#/$defs/").Skip(1))
        {
            Assert.Contains("\n    \"" + part[..part.IndexOf('"', StringComparison.Ordinal)] + "\": {", written);
        }
    }
}
