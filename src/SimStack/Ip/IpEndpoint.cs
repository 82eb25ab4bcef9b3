namespace SimStack.Ip;

/// <summary>An address and a port, as a socket is bound or connected to.</summary>
/// <param name="Address">The address; unspecified means any.</param>
/// <param name="Port">The port; 0 means none chosen yet.</param>
public readonly record struct IpEndpoint(IpAddress Address, ushort Port)
{
    /// <summary><c>192.0.2.1:80</c> or <c>[2001:db8::1]:80</c>.</summary>
    public override string ToString() => Address.IsV4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}
