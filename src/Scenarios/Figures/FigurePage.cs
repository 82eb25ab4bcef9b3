using System.Text;

namespace Scenarios.Figures;

/// <summary>The page that shows all figures, as Markdown.</summary>
internal static class FigurePage
{
    public static string Of(IReadOnlyList<Figure> figures)
    {
        StringBuilder page = new();
        page.Append("# Congestion control in pictures\n\n");
        page.Append("Two simulated hosts with a bottleneck between them, flows that always have data, no randomness. `sim figures --out docs/figures`\n");
        page.Append("makes this page and its pictures, `sim figures NAME` one of them; the tests check the same claims with shorter runs\n");
        page.Append("(`sim figures --brief`). B is the bandwidth-delay product, Q what the queue holds, C = 0.4 and β = 0.7 those of RFC 9438.\n");
        foreach (Figure figure in figures)
        {
            page.Append($"\n## {figure.Title}\n\n![{figure.Title}]({figure.Name}.svg)\n\n`sim figures {figure.Name}`: {figure.Setting}.\n\n");
            page.Append("| | measured | expected | by |\n|---|---|---|---|\n");
            foreach (Claim claim in figure.Claims)
            {
                page.Append($"| {claim.What} | {FiguresCommand.Number(claim.Measured)} | {FiguresCommand.Expectation(claim)} | {claim.Formula} |\n");
            }
        }

        return page.ToString();
    }
}
