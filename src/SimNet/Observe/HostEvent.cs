using SimNet.Hosts;

namespace SimNet.Observe;

/// <summary>Something that happened on one of a simulation's hosts.</summary>
/// <param name="Host">Where.</param>
/// <param name="Event">What.</param>
public readonly record struct HostEvent<T>(SimHost Host, T Event);
