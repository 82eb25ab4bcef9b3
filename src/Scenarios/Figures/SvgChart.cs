using System.Globalization;
using System.Text;

namespace Scenarios.Figures;

/// <summary>A figure as SVG: panels with axes, lines and a legend. The same figure gives the same bytes.</summary>
internal sealed class SvgChart
{
    private const int Width = 900, PanelHeight = 230, Left = 70, Right = 20, Top = 46, Gap = 44;
    private const int MostPoints = 600;

    // Told apart by those who do not see all colours too (Okabe and Ito).
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

    private readonly StringBuilder _svg = new();

    public static string Of(Figure figure)
    {
        SvgChart chart = new();
        int height = Top + figure.Panels.Count * (PanelHeight + Gap) + 6;
        chart.Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        chart.Line($"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        chart.Text(Left, 20, figure.Title, "start", "#000000", 15);
        for (int i = 0; i < figure.Panels.Count; i++)
        {
            chart.Draw(figure.Panels[i], Top + i * (PanelHeight + Gap), last: i == figure.Panels.Count - 1);
        }

        chart.Line($"</svg>");
        return chart._svg.ToString();
    }

    private void Draw(Panel panel, int top, bool last)
    {
        double from = panel.Times[0], to = panel.Times[^1];
        double highest = Math.Max(panel.Rows.Max(row => row.Values.Max()), panel.Levels.Select(level => level.Value).DefaultIfEmpty(0).Max());
        double up = Step(highest * 1.08 / 5);
        double most = Math.Ceiling(highest * 1.08 / up) * up;
        double right = Step((to - from) / 10);
        double X(double time) => Left + (time - from) / (to - from) * (Width - Left - Right);
        double Y(double value) => top + PanelHeight - value / most * PanelHeight;

        for (double value = 0; value <= most + up / 2; value += up)
        {
            Line($"<path d=\"M{Left} {Y(value):0.#}H{Width - Right}\" stroke=\"#dddddd\"/>");
            Text(Left - 6, Y(value) + 4, Number(value), "end");
        }

        for (double time = Math.Ceiling(from / right - 1e-9) * right; time <= to + 1e-9; time += right)
        {
            Line($"<path d=\"M{X(time):0.#} {top}v{PanelHeight}\" stroke=\"#eeeeee\"/>");
            Text(X(time), top + PanelHeight + 16, Number(time) + (last && panel.Unit == "s" ? " s" : ""), "middle");
        }

        if (panel.Unit != "s")
        {
            Text(Width - Right, top + PanelHeight + 32, panel.Unit, "end");
        }

        Text(Left, top - 8, panel.Label, "start", "#444444");
        DrawLegend(panel, top);
        for (int i = 0; i < panel.Rows.Count; i++)
        {
            DrawRow(panel.Times, panel.Rows[i].Values, Colours[i % Colours.Length], X, Y);
        }

        foreach (PanelLevel level in panel.Levels)
        {
            Line($"<path d=\"M{Left} {Y(level.Value):0.#}H{Width - Right}\" stroke=\"#000000\" stroke-dasharray=\"6 4\"/>");
            Text(Width - Right - 4, Y(level.Value) - 5, level.Name, "end", "#000000");
        }
    }

    private void DrawLegend(Panel panel, int top)
    {
        double x = Width - Right;
        for (int i = panel.Rows.Count - 1; i >= 0; i--)
        {
            string name = panel.Rows[i].Name;
            x -= name.Length * 7;
            Text(x, top - 8, name, "start", Colours[i % Colours.Length]);
            x -= 24;
            Line($"<path d=\"M{x:0.#} {top - 12}h18\" stroke=\"{Colours[i % Colours.Length]}\" stroke-width=\"2\"/>");
            x -= 14;
        }
    }

    /// <summary>Of many samples the lowest and the highest of each column, so that no tooth is cut.</summary>
    private void DrawRow(
        IReadOnlyList<double> times, IReadOnlyList<double> values, string colour, Func<double, double> x, Func<double, double> y)
    {
        _svg.Append("<path fill=\"none\" stroke-width=\"1.3\" stroke=\"").Append(colour).Append("\" d=\"M");
        int each = Math.Max(1, (times.Count + MostPoints - 1) / MostPoints);
        for (int i = 0; i < times.Count; i += each)
        {
            int end = Math.Min(i + each, times.Count), low = i, high = i;
            for (int j = i; j < end; j++)
            {
                low = values[j] < values[low] ? j : low;
                high = values[j] > values[high] ? j : high;
            }

            Point(Math.Min(low, high));
            if (low != high)
            {
                Point(Math.Max(low, high));
            }
        }

        Line($"\"/>");

        void Point(int index) => _svg.Append(CultureInfo.InvariantCulture, $"{x(times[index]):0.#} {y(values[index]):0.#} ");
    }

    /// <summary>1, 2 or 5 times a power of ten, not below.</summary>
    private static double Step(double least)
    {
        double power = 1;
        while (power > least)
        {
            power /= 10;
        }

        while (power * 10 <= least)
        {
            power *= 10;
        }

        return power >= least ? power : power * 2 >= least ? power * 2 : power * 5 >= least ? power * 5 : power * 10;
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private void Text(double x, double y, string text, string anchor, string colour = "#444444", int size = 12)
    {
        string safe = text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
        Line($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"{size}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{safe}</text>");
    }

    private void Line(FormattableString line) => _svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
