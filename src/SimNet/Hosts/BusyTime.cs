using SimStack;

namespace SimNet.Hosts;

/// <summary>A time at which a host's processors have other work than its applications, as a real machine's scheduler has it.</summary>
/// <param name="From">Its beginning, since the simulation's.</param>
/// <param name="Until">Its end; behind the beginning.</param>
public readonly record struct BusyTime(Instant From, Instant Until);
