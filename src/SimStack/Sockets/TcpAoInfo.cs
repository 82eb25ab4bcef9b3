namespace SimStack.Sockets;

/// <summary>TCP_AO_INFO: what a socket with TCP-AO keys does beside signing (Linux: struct tcp_ao_info_opt).</summary>
public readonly record struct TcpAoInfo
{
    /// <summary>The SendID of the key that signs; null: none yet, or leave it.</summary>
    public byte? CurrentKey { get; init; }

    /// <summary>The RecvID of the key that the peer is asked to use; null: none yet, or leave it.</summary>
    public byte? RNextKey { get; init; }

    /// <summary>Segments without TCP-AO are dropped whoever sends them; otherwise those of peers that have a key.</summary>
    public bool AoRequired { get; init; }

    /// <summary>ICMP's hard errors and "fragmentation needed" are believed (RFC 5925 §7.8 has them ignored by default).</summary>
    public bool AcceptIcmps { get; init; }

    /// <summary>The counters are to be set too.</summary>
    public bool SetCounters { get; init; }

    /// <summary>Segments whose MAC was right.</summary>
    public long Good { get; init; }

    /// <summary>Segments whose MAC was wrong, or of another length than the key's.</summary>
    public long Bad { get; init; }

    /// <summary>Segments whose KeyID no key has.</summary>
    public long KeyNotFound { get; init; }

    /// <summary>Segments without TCP-AO where it is wanted.</summary>
    public long Required { get; init; }

    /// <summary>ICMP errors that were not believed.</summary>
    public long DroppedIcmps { get; init; }
}
