using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>An <c>ip route</c> command that changes the table.</summary>
/// <param name="Verb"><c>add</c>, <c>change</c>, <c>replace</c>, <c>append</c> or <c>del</c>.</param>
/// <param name="Destination">Of the prefix; the unspecified address of the family with length 0 for <c>default</c>.</param>
/// <param name="PrefixLength">0 to 32, or 0 to 128.</param>
/// <param name="NextHop">Behind <c>via</c>.</param>
/// <param name="Device">Behind <c>dev</c>.</param>
/// <param name="Metrics">Everything else, by the names of ip-route(8), in order.</param>
internal sealed record RouteChange(
    string Verb,
    IpAddress Destination,
    int PrefixLength,
    IpAddress? NextHop,
    string? Device,
    IReadOnlyList<RouteMetric> Metrics);
