namespace SimStack.Wire;

/// <summary>Why a header was refused.</summary>
public enum WireError : byte
{
    None,

    /// <summary>The bytes end before the header, or before the length that the header announces.</summary>
    Truncated,

    /// <summary>Not IP version 4 (or 6) where the Ethernet type says so.</summary>
    BadVersion,

    /// <summary>A header length below the minimum, or above what the packet holds.</summary>
    BadHeaderLength,

    /// <summary>A length field smaller than the header that carries it.</summary>
    BadLength,
    BadChecksum,

    /// <summary>An option of length zero, beyond its area, or one that must be understood and isn't.</summary>
    BadOption,

    /// <summary>A message type that this view is not for.</summary>
    BadType,

    /// <summary>ARP for something else than IPv4 over Ethernet, or an address that cannot stand there.</summary>
    BadAddress,
}
