namespace SimNet.Time;

/// <summary>
/// A run reached one of its <see cref="SimulationLimits"/>. The message is one line and names what was still scheduled.
/// </summary>
public sealed class SimulationLimitException : Exception
{
    public SimulationLimitException()
    {
    }

    public SimulationLimitException(string message)
        : base(message)
    {
    }

    public SimulationLimitException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
