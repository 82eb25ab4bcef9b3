namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>One metric of a route.</summary>
/// <param name="Name"><c>mtu</c>, <c>advmss</c>, <c>initcwnd</c>, <c>initrwnd</c>, <c>rto_min</c>, <c>src</c>, <c>metric</c> …</param>
/// <param name="Text">The value as written.</param>
/// <param name="Number">The value as a number in the metric's unit (bytes, segments, for times nanoseconds); -1 for one that is text.</param>
/// <param name="IsLocked">True for <c>mtu lock 640</c>.</param>
internal readonly record struct RouteMetric(string Name, string Text, long Number, bool IsLocked);
