using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>Which key TCP_AO_DEL_KEY takes away (Linux: struct tcp_ao_del).</summary>
public readonly record struct TcpAoKeyRemoval
{
    /// <summary>As the key was added.</summary>
    public required IpAddress Address { get; init; }

    /// <inheritdoc cref="Address"/>
    public required int PrefixLength { get; init; }

    /// <inheritdoc cref="Address"/>
    public required byte SendId { get; init; }

    /// <inheritdoc cref="Address"/>
    public required byte ReceiveId { get; init; }

    /// <summary>The SendID of the key that signs from then on; null: as it is.</summary>
    public byte? CurrentKey { get; init; }

    /// <summary>The RecvID of the key that the peer is asked to use from then on; null: as it is.</summary>
    public byte? RNextKey { get; init; }

    /// <summary>Without looking whether it is in use; listening sockets only (del_async).</summary>
    public bool IsAsynchronous { get; init; }
}
