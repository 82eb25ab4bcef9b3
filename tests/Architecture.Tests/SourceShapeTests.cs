using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Architecture.Tests;

public class SourceShapeTests
{
    private const int LongestFile = 500;
    private const int LongestMethod = 60;

    [Fact]
    public void ANamespaceIsItsFolder()
    {
        List<string> wrong = [];
        foreach (SyntaxTree tree in SourceTree.Parse("src"))
        {
            string expected = Repository.Relative(Path.GetDirectoryName(tree.FilePath)!)["src/".Length..].Replace('/', '.');
            wrong.AddRange(NamespaceFaults(tree.GetRoot(), expected));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void NoFileIsTooLong() => Assert.Empty(
        SourceTree.Parse("src")
            .Select(tree => (tree.FilePath, Lines: File.ReadLines(tree.FilePath).Count()))
            .Where(file => file.Lines > LongestFile)
            .Select(file => $"{Repository.Relative(file.FilePath)}: {file.Lines} lines, at most {LongestFile}"));

    [Fact]
    public void NoMethodIsTooLong() => Assert.Empty(SourceTree.Parse("src").SelectMany(tree => LongMethods(tree.GetRoot())));

    [Fact]
    public void TheChecksSeeWhatTheyShould()
    {
        string body = string.Concat(Enumerable.Repeat("        int.Parse(\"1\");\n", 58));
        SyntaxNode root = SourceTree.ParseText($"namespace A.B;\nclass C\n{{\n    void M()\n    {{\n{body}    }}\n}}\n").GetRoot();
        Assert.Equal(["text.cs:4: M has 61 lines, at most 60"], LongMethods(root));
        Assert.Empty(NamespaceFaults(root, "A.B"));
        Assert.Single(NamespaceFaults(root, "A.C"));
        Assert.Single(NamespaceFaults(SourceTree.ParseText("class C;").GetRoot(), "A"));
    }

    private static IEnumerable<string> NamespaceFaults(SyntaxNode root, string expected)
    {
        foreach (BaseNamespaceDeclarationSyntax declaration in root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>())
        {
            if (declaration.Name.ToString() != expected)
            {
                yield return $"{SourceTree.Place(declaration)}: namespace {declaration.Name}, the folder says {expected}";
            }
        }

        // A type beside top-level statements extends the Program class that the compiler makes.
        foreach (MemberDeclarationSyntax type in ((CompilationUnitSyntax)root).Members)
        {
            if (type is BaseTypeDeclarationSyntax { Identifier.Text: not "Program" } or DelegateDeclarationSyntax)
            {
                yield return $"{SourceTree.Place(type)}: a type without a namespace, the folder says {expected}";
            }
        }
    }

    private static IEnumerable<string> LongMethods(SyntaxNode root) =>
        from node in root.DescendantNodes()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        let span = node.SyntaxTree.GetLineSpan(node.Span)
        let lines = span.EndLinePosition.Line - FirstLine(node) + 1
        where lines > LongestMethod
        select $"{SourceTree.Place(node)}: {NameOf(node)} has {lines} lines, at most {LongestMethod}";

    /// <summary>Attributes don't count.</summary>
    private static int FirstLine(SyntaxNode node)
    {
        int attributes = node.ChildNodes().OfType<AttributeListSyntax>().Count();
        SyntaxToken first = attributes == 0
            ? node.GetFirstToken()
            : node.ChildNodes().OfType<AttributeListSyntax>().Last().GetLastToken().GetNextToken();
        return node.SyntaxTree.GetLineSpan(first.Span).StartLinePosition.Line;
    }

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax function => function.Identifier.Text,
        AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
        _ => node.Kind().ToString(),
    };
}
