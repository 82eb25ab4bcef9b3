namespace SimStack.Wire;

/// <summary>TCP option kinds (IANA); other values may appear.</summary>
public enum TcpOptionKind : byte
{
    EndOfList = 0,
    NoOperation = 1,
    MaximumSegmentSize = 2,
    WindowScale = 3,
    SackPermitted = 4,
    Sack = 5,
    Timestamps = 8,

    /// <summary>RFC 2385.</summary>
    Md5Signature = 19,

    /// <summary>RFC 5482.</summary>
    UserTimeout = 28,

    /// <summary>TCP-AO, RFC 5925.</summary>
    Authentication = 29,

    /// <summary>RFC 7413.</summary>
    FastOpen = 34,

    /// <summary>AccECN's byte counters in the order ECT(0), CE, ECT(1) (RFC 9768 §3.2.3).</summary>
    AccurateEcnOrder0 = 172,

    /// <summary>AccECN's byte counters in the order ECT(1), CE, ECT(0) (RFC 9768 §3.2.3).</summary>
    AccurateEcnOrder1 = 174,

    /// <summary>RFC 6994; Fast Open's old form has the identifier 0xF989.</summary>
    Experimental = 254,
}
