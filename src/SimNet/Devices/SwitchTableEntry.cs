using SimStack;
using SimStack.Wire;

namespace SimNet.Devices;

/// <summary>An address that a switch knows.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">Where it is.</param>
/// <param name="Seen">When it last sent something.</param>
public readonly record struct SwitchTableEntry(MacAddress Address, SwitchPort Port, Instant Seen);
