using SimNet.Scripting.Expectations;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Sockets;

namespace SimNet.Scripting.Sweeps;

/// <summary>Takes measures from a run.</summary>
internal static class RunMeter
{
    public static MeasuredValue Take(Measure measure, RunResult run) => measure switch
    {
        SocketsMeasure m => MeasuredValue.Of(Sockets(m, run)),
        ConnectionsMeasure m => MeasuredValue.Of(run.Connections.Count(c => (m.Host is null || c.Host == m.Host) && c.States.Any(s => Reaches(s, m)))),
        ReachedMeasure m => Reached(m, run),
        CallsMeasure m => MeasuredValue.Of(run.Calls.Count(c => (m.Host is null || c.Host == m.Host) && c.Statement.Word == m.Word && Ended(c, m.Error))),
        CallMeasure m => Call(m, run),
        CounterMeasure m => MeasuredValue.Of(run.Counters.First(c => c.Host == m.Host).Values.FirstOrDefault(v => v.Key == m.Name).Value),
        RetransmissionsMeasure m => MeasuredValue.Of(ExpectationEvaluator.Retransmissions(run, m.Host)),
        DeliveredMeasure m => MeasuredValue.Of(run.Transfers.First(t => t.Host == m.Host).Read),
        DropsMeasure => MeasuredValue.Of(run.Drops),
        _ => MeasuredValue.Nothing,
    };

    /// <summary>The tables that the measures need.</summary>
    public static IEnumerable<TableRequest> Tables(SweepDefinition sweep) =>
        sweep.Measures.Select(m => m.Measure).OfType<SocketsMeasure>().Select(m => new TableRequest(m.Host, m.At, TableForm.Ss));

    private static int Sockets(SocketsMeasure measure, RunResult run) => run.Table(measure.Host, measure.At)?.Rows
        .Count(r => (measure.State is not { } state || r.State == state) && (measure.Port is not { } port || r.Local.Port == port)) ?? 0;

    private static bool Reaches(TcpStateChange change, ConnectionsMeasure measure) =>
        change.To == measure.State && (measure.From is not { } from || change.From == from);

    private static bool Ended(CallRecord call, Errno? error) => error is { } wanted ? !call.End.IsNever && call.Error == wanted : call.End.IsNever;

    private static MeasuredValue Reached(ReachedMeasure measure, RunResult run)
    {
        ConnectionRecord? connection = run.Connections.FirstOrDefault(c => c.Host == measure.Host && c.Number == measure.Connection);
        foreach (TcpStateChange change in connection?.States ?? [])
        {
            if (change.To == measure.State)
            {
                return MeasuredValue.Of(change.Time - Instant.Zero);
            }
        }

        return MeasuredValue.Nothing;
    }

    private static MeasuredValue Call(CallMeasure measure, RunResult run)
    {
        if (run.Calls.FirstOrDefault(c => c.Statement.Label == measure.Label) is not { End.IsNever: false } call)
        {
            return MeasuredValue.Nothing;
        }

        return measure.Value switch
        {
            CallValue.Took => MeasuredValue.Of(call.End - call.Start),
            CallValue.At => MeasuredValue.Of(call.End - Instant.Zero),
            _ when call.Error != Errno.OK => new MeasuredValue(null, call.Error.ToString()),
            _ => MeasuredValue.Of(call.Value),
        };
    }
}
