using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

/// <summary>
/// What the stack and the core of the network must not touch: the analyser bans single symbols from the same list; this looks at
/// the sources once more, so that a suppressed warning is seen, and adds what a list of symbols cannot say.
/// </summary>
public class DeterminismTests
{
    /// <summary>The only places with a wall clock and native calls.</summary>
    private static readonly string[] Exempt = ["src/SimNet/Bridge/"];

    private static readonly HashSet<string> Unordered = new(StringComparer.Ordinal)
    {
        "System.Collections.Generic.Dictionary", "System.Collections.Generic.HashSet", "System.Collections.Hashtable",
        "System.Collections.Concurrent.ConcurrentDictionary", "System.Collections.Frozen.FrozenDictionary",
        "System.Collections.Frozen.FrozenSet", "System.Collections.Immutable.ImmutableDictionary",
        "System.Collections.Immutable.ImmutableHashSet",
    };

    [Theory]
    [InlineData("SimStack")]
    [InlineData("SimNet")]
    public void TheCoreTouchesNothingThatIsBanned(string project)
    {
        CSharpCompilation compilation = SourceTree.Compile(project);
        Assert.Empty(compilation.SyntaxTrees.Where(tree => !IsExempt(tree)).SelectMany(tree => Faults(compilation, tree)));
    }

    [Theory]
    [InlineData("SimStack")]
    [InlineData("SimNet")]
    [InlineData("SimNet.Scripting")]
    public void NoTextDependsOnTheCulture(string project)
    {
        CSharpCompilation compilation = SourceTree.Compile(project);
        Assert.Empty(compilation.SyntaxTrees.SelectMany(tree => CultureFaults(compilation, tree)));
    }

    [Theory]
    [InlineData("long t = DateTime.UtcNow.Ticks;", "System.DateTime.UtcNow")]
    [InlineData("var s = new System.Diagnostics.Stopwatch();", "System.Diagnostics.Stopwatch")]
    [InlineData("int r = Random.Shared.Next();", "System.Random")]
    [InlineData("Task.Run(() => { });", "System.Threading.Tasks.Task.Run")]
    [InlineData("double d = Math.Log(2);", "System.Math.Log")]
    [InlineData("int h = HashCode.Combine(1);", "System.HashCode")]
    [InlineData("foreach (var p in new Dictionary<int, int>()) { }", "foreach over Dictionary")]
    [InlineData("foreach (var p in new Dictionary<int, int>().Values) { }", "foreach over Dictionary")]
    [InlineData("foreach (int p in new HashSet<int>()) { }", "foreach over HashSet")]
    [InlineData("int[] a = new HashSet<int>().ToArray();", "LINQ over HashSet")]
    [InlineData("int[] a = [.. new HashSet<int>()];", "spread of HashSet")]
    public void TheCheckSeesWhatItShould(string statement, string expected)
    {
        SyntaxTree tree = SourceTree.ParseText($"class C {{ void M() {{ {statement} }} }}");
        Assert.Contains(expected, string.Join('\n', Faults(SourceTree.Compile("Text", [tree]), tree)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("double d = Math.Sqrt(2); foreach (int i in new List<int>()) { }")]
    [InlineData("foreach (var p in new SortedDictionary<int, int>()) { } TimeSpan t = TimeSpan.Zero;")]
    public void TheCheckLetsTheRestPass(string statement)
    {
        SyntaxTree tree = SourceTree.ParseText($"class C {{ void M() {{ {statement} }} }}");
        Assert.Empty(Faults(SourceTree.Compile("Text", [tree]), tree));
    }

    [Fact]
    public void TheCultureCheckSeesInterpolatedNumbers()
    {
        const string Text = "class C { string M(double d) => $\"{d}\"; string N(double d) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $\"{d}\"); }";
        SyntaxTree tree = SourceTree.ParseText(Text);
        Assert.Single(CultureFaults(SourceTree.Compile("Text", [tree]), tree));
    }

    private static bool IsExempt(SyntaxTree tree) =>
        tree.FilePath.Length > 0 && Exempt.Any(folder => Repository.Relative(tree.FilePath).StartsWith(folder, StringComparison.Ordinal));

    private static IEnumerable<string> Faults(CSharpCompilation compilation, SyntaxTree tree)
    {
        SemanticModel model = compilation.GetSemanticModel(tree);
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
        {
            string? fault = node switch
            {
                ForEachStatementSyntax loop => Over(model, loop.Expression, "foreach over"),
                ForEachVariableStatementSyntax loop => Over(model, loop.Expression, "foreach over"),
                SpreadElementSyntax spread => Over(model, spread.Expression, "spread of"),
                InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } call when IsLinq(model, call) =>
                    Over(model, access.Expression, "LINQ over"),
                SimpleNameSyntax name => Banned(model, name),
                _ => null,
            };
            if (fault is not null)
            {
                yield return $"{SourceTree.Place(node)}: {fault}";
            }
        }
    }

    private static IEnumerable<string> CultureFaults(CSharpCompilation compilation, SyntaxTree tree)
    {
        SemanticModel model = compilation.GetSemanticModel(tree);
        foreach (InterpolationSyntax hole in tree.GetRoot().DescendantNodes().OfType<InterpolationSyntax>())
        {
            ITypeSymbol? type = model.GetTypeInfo(hole.Expression).Type;
            bool sensitive = type?.SpecialType is SpecialType.System_Double or SpecialType.System_Single or SpecialType.System_Decimal
                or SpecialType.System_DateTime;
            if (sensitive && model.GetTypeInfo(hole.Parent!).ConvertedType?.SpecialType == SpecialType.System_String)
            {
                yield return $"{SourceTree.Place(hole)}: {{{hole.Expression}}} is written in the current culture; "
                    + "use string.Create(CultureInfo.InvariantCulture, …)";
            }
        }
    }

    private static string? Over(SemanticModel model, ExpressionSyntax expression, string what)
    {
        ITypeSymbol? type = model.GetTypeInfo(expression).Type;
        if (type is null or IErrorTypeSymbol)
        {
            return $"the type of {expression} is not known";
        }

        for (INamedTypeSymbol? named = type as INamedTypeSymbol; named is not null; named = named.ContainingType)
        {
            if (Unordered.Contains($"{named.ContainingNamespace}.{named.Name}"))
            {
                return $"{what} {named.Name}, whose order is not defined";
            }
        }

        return null;
    }

    private static bool IsLinq(SemanticModel model, InvocationExpressionSyntax call) =>
        model.GetSymbolInfo(call).Symbol is IMethodSymbol { ReducedFrom: not null, ContainingType.Name: "Enumerable" };

    private static string? Banned(SemanticModel model, SimpleNameSyntax name)
    {
        ISymbol? symbol = model.GetSymbolInfo(name).Symbol?.OriginalDefinition;
        if (symbol is null or INamespaceSymbol)
        {
            return null;
        }

        if (symbol is IMethodSymbol { ReducedFrom: { } whole })
        {
            symbol = whole.OriginalDefinition;
        }

        foreach (string? id in new[] { symbol.GetDocumentationCommentId(), symbol.ContainingType?.OriginalDefinition.GetDocumentationCommentId() })
        {
            if (id is not null && BannedSymbols.All.TryGetValue(id, out string? reason))
            {
                return $"{id[2..]} is banned: {reason}";
            }
        }

        return null;
    }
}
