using System.Globalization;
using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;

namespace SimNet.Scripting.Sweeps;

/// <summary>
/// Makes the runs of a sweep. Each is a simulation of its own, from the script with that cell's values; all have the same seed, so that only
/// what the axes say is different.
/// </summary>
public static class SweepRunner
{
    /// <summary>Makes all runs.</summary>
    /// <param name="scenario">A scenario with a sweep.</param>
    /// <param name="load">Gives the script with further settings, <c>path=value</c>, as <see cref="ScenarioScript.Parse"/> takes them.</param>
    /// <param name="options">For every run; a cancelled sweep ends with the cells that it has.</param>
    /// <param name="run">How a cell's scenario is run; null: by <see cref="ScenarioRunner"/>.</param>
    /// <exception cref="ArgumentException">The scenario has no sweep.</exception>
    /// <exception cref="ScriptException">A cell's values do not fit the script.</exception>
    public static SweepResult Run(
        ScenarioDefinition scenario,
        Func<IReadOnlyList<string>, ScenarioDefinition> load,
        RunOptions? options = null,
        Func<ScenarioDefinition, RunOptions, RunResult>? run = null)
    {
        SweepDefinition sweep = scenario.Sweep ?? throw new ArgumentException("The scenario has no sweep.", nameof(scenario));
        options = (options ?? new RunOptions()) with { Tables = [.. RunMeter.Tables(sweep)] };
        run ??= ScenarioRunner.Run;
        var cells = new List<SweepCell>();
        var verdicts = new List<Verdict>();
        foreach (string[] values in Combinations(sweep.Axes))
        {
            if (options.Cancel.IsCancellationRequested)
            {
                break;
            }

            RunResult result = run(load(Settings(scenario, sweep, values)), options);
            cells.Add(new SweepCell(values, [.. sweep.Measures.Select(m => RunMeter.Take(m.Measure, result))]));
            verdicts.AddRange(Failures(sweep, values, result));
        }

        verdicts.AddRange(sweep.Expectations.Select(e => Judge(e, sweep, cells)));
        return new SweepResult(scenario, sweep, options.Seed ?? scenario.Seed, cells, verdicts);
    }

    /// <summary>What a cell is called: <c>backlog=2, connects=6</c>.</summary>
    public static string Describe(SweepDefinition sweep, IReadOnlyList<string> values) =>
        string.Join(", ", sweep.Axes.Select((axis, i) => $"{axis.Name}={values[i]}"));

    // A cell is a scenario without the sweep; its output files, where there are any, are named after its values.
    private static List<string> Settings(ScenarioDefinition scenario, SweepDefinition sweep, string[] values)
    {
        string words = string.Join('.', values.Select(v => new string([.. v.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')])));
        string name = $"{scenario.Name}.{words}";
        return ["sweep=", $"name={(name.Length > 100 ? name[..100] : name)}", .. sweep.Axes.Select((axis, i) => $"{axis.Path}={values[i]}")];
    }

    private static IEnumerable<string[]> Combinations(IReadOnlyList<SweepAxis> axes)
    {
        int[] at = new int[axes.Count];
        while (true)
        {
            yield return [.. axes.Select((axis, i) => axis.Values[at[i]])];
            int last = axes.Count - 1;
            while (last >= 0 && ++at[last] == axes[last].Values.Count)
            {
                at[last--] = 0;
            }

            if (last < 0)
            {
                yield break;
            }
        }
    }

    private static IEnumerable<Verdict> Failures(SweepDefinition sweep, string[] values, RunResult result)
    {
        string cell = Describe(sweep, values);
        return result.Verdicts.Where(v => !v.Passed).Select(v => v with { Text = $"{cell}: {v.Text}" });
    }

    private static Verdict Judge(SweepExpectation expected, SweepDefinition sweep, List<SweepCell> cells)
    {
        foreach (SweepCell cell in cells.Where(c => expected.Where.All(w => c.Values[IndexOf(sweep.Axes, a => a.Name == w.Key)] == w.Value)))
        {
            foreach (KeyValuePair<string, NumberCondition> wanted in expected.Wanted)
            {
                MeasuredValue got = cell.Measured[IndexOf(sweep.Measures, m => m.Name == wanted.Key)];
                if (got.Number is not { } number || number != Math.Truncate(number) || !wanted.Value.Holds((long)number))
                {
                    string what = string.Create(CultureInfo.InvariantCulture, $"{wanted.Key} {wanted.Value}");
                    return new Verdict(false, expected.Text, expected.Position, what, $"{got.Text} with {Describe(sweep, cell.Values)}");
                }
            }
        }

        return new Verdict(true, expected.Text, expected.Position, null, null);
    }

    private static int IndexOf<T>(IReadOnlyList<T> items, Func<T, bool> isIt)
    {
        int i = 0;
        while (!isIt(items[i]))
        {
            i++;
        }

        return i;
    }
}
