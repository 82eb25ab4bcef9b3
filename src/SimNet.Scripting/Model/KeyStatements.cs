using SimStack.Sockets;

namespace SimNet.Scripting.Model;

/// <summary>A step that gives a socket a key to sign segments by, or takes it away.</summary>
/// <param name="Peer">For which peers.</param>
public abstract record KeyStatement(AddressPrefix Peer) : Statement;

/// <summary>TCP_MD5SIG (RFC 2385).</summary>
/// <param name="Peer">For which peers.</param>
/// <param name="Key">1 to 80 bytes; none takes the key away.</param>
public sealed record Md5KeyStatement(AddressPrefix Peer, ReadOnlyMemory<byte> Key) : KeyStatement(Peer)
{
    public override string Word => "md5";

    /// <inheritdoc/>
    public override string Describe() => Call($"setsockopt(TCP_MD5SIG {Peer}{(Key.IsEmpty ? ", no key" : "")})");
}

/// <summary>TCP_AO_ADD_KEY or TCP_AO_DEL_KEY (RFC 5925).</summary>
/// <param name="Key">The key.</param>
/// <param name="Removes">It goes.</param>
public sealed record AoKeyStatement(TcpAoKey Key, bool Removes) : KeyStatement(new AddressPrefix(Key.Address, Key.PrefixLength))
{
    public override string Word => "ao";

    /// <inheritdoc/>
    public override string Describe() =>
        Call($"setsockopt({(Removes ? "TCP_AO_DEL_KEY" : "TCP_AO_ADD_KEY")} {Peer}, {Key.SendId}, {Key.ReceiveId})");
}

/// <summary>TCP_AO_INFO: which keys are in use, and what is asked of peers.</summary>
/// <param name="Info">What is set.</param>
public sealed record AoInfoStatement(TcpAoInfo Info) : Statement
{
    public override string Word => "ao-info";

    /// <inheritdoc/>
    public override string Describe() => "setsockopt(TCP_AO_INFO)";
}
