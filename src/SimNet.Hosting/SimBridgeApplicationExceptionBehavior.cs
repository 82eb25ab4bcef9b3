namespace SimNet.Hosting;

/// <summary>What ends when an exception leaves the code of a simulated application.</summary>
public enum SimBridgeApplicationExceptionBehavior
{
    /// <summary>
    /// The bridge, as a background service whose code throws: <c>HostOptions.BackgroundServiceExceptionBehavior</c> says whether the program ends with it.
    /// </summary>
    StopBridge,

    /// <summary>
    /// That application alone, as a process that crashes; the simulated hosts and everything else go on. What it had not disposed of, such as a connection outside
    /// of a <c>using</c>, stays open.
    /// </summary>
    StopApplication,
}
