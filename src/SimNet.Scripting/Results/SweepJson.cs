using System.Text.Json;
using SimNet.Scripting.Sweeps;

namespace SimNet.Scripting.Results;

/// <summary>
/// Writes a sweep's outcome as JSON, <c>"schema": 1</c>: the same bytes for the same sweep. Fields are added in later versions, not changed.
/// Times are in seconds.
/// </summary>
public static class SweepJson
{
    /// <summary>Writes to a stream, which stays open.</summary>
    public static void Write(SweepResult sweep, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, ResultJson.Options);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteString("scenario", sweep.Scenario.Name);
        json.WriteString("title", sweep.Scenario.Title);
        json.WriteString("version", ResultJson.Version());
        json.WriteNumber("seed", sweep.Seed);
        json.WriteBoolean("passed", sweep.Passed);
        ResultJson.List(json, "verdicts", sweep.Verdicts, ResultJson.Verdict);
        json.WriteStartObject("sweep");
        ResultJson.List(json, "axes", sweep.Sweep.Axes, (j, axis) =>
        {
            j.WriteString("name", axis.Name);
            j.WriteString("path", axis.Path);
            j.WriteStartArray("values");
            foreach (string value in axis.Values)
            {
                j.WriteStringValue(value);
            }

            j.WriteEndArray();
        });
        json.WriteStartArray("measures");
        foreach (Model.SweepMeasure measure in sweep.Sweep.Measures)
        {
            json.WriteStringValue(measure.Name);
        }

        json.WriteEndArray();
        ResultJson.List(json, "cells", sweep.Cells, (j, cell) => Cell(j, sweep, cell));
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void Cell(Utf8JsonWriter json, SweepResult sweep, SweepCell cell)
    {
        json.WriteStartObject("values");
        for (int i = 0; i < cell.Values.Count; i++)
        {
            json.WriteString(sweep.Sweep.Axes[i].Name, cell.Values[i]);
        }

        json.WriteEndObject();
        json.WriteStartObject("measured");
        for (int i = 0; i < cell.Measured.Count; i++)
        {
            string name = sweep.Sweep.Measures[i].Name;
            if (cell.Measured[i].Number is { } number)
            {
                json.WriteNumber(name, number);
            }
            else if (cell.Measured[i] == MeasuredValue.Nothing)
            {
                json.WriteNull(name);
            }
            else
            {
                json.WriteString(name, cell.Measured[i].Text);
            }
        }

        json.WriteEndObject();
    }
}
