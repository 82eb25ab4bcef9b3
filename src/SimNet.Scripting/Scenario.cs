using SimNet.Scripting.Model;

namespace SimNet.Scripting;

/// <summary>
/// A scenario written in C#, for what YAML cannot say. It is built into the same model and run by the same runner:
/// <code>
/// sealed class Echo : Scenario
/// {
///     public override string Name => "echo";
///     public override void Build(ScenarioBuilder b) => b
///         .Host("client", "10.0.0.1/24").Host("server", "10.0.0.2/24")
///         .Link("client", "server", new LinkSettings { Delay = Duration.FromMilliseconds(5) })
///         .Statements("server", new BindStatement(…), …);
/// }
/// </code>
/// </summary>
public abstract class Scenario
{
    /// <summary>Short name; output files are named after it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for lists.</summary>
    public virtual string Title => "";

    /// <summary>What the scenario shows, in prose.</summary>
    public virtual string Description => "";

    /// <summary>Says what there is and what happens.</summary>
    public abstract void Build(ScenarioBuilder builder);

    /// <summary>The model of the scenario.</summary>
    /// <exception cref="ScriptException">The parts do not fit, as with an unknown host.</exception>
    public ScenarioDefinition ToDefinition()
    {
        var builder = new ScenarioBuilder(Name) { Title = Title, Description = Description };
        Build(builder);
        return builder.ToDefinition();
    }
}
