using SimNet.Bridge;
using SimNet.Scripting.Running;

namespace Scenarios.Bridge;

/// <summary>The live table of a bridge on a terminal: connections with states and queues, rates of the devices, lag.</summary>
internal sealed class BridgeDisplay : IDisposable
{
    private static readonly SimStack.Duration Interval = SimStack.Duration.FromMilliseconds(500);

    public BridgeDisplay(SimConsole console, LiveScenario live, BridgeSession session)
    {
        session.Every(Interval, () =>
        {
            console.Error.WriteLine($"{live.Simulation.Now} {session.Devices.Sum(d => d.Device.Counters.RxFrames)} in");
            console.Error.Flush();
        });
    }

    public void Dispose()
    {
    }
}
