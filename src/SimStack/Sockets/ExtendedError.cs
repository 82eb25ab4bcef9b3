using SimStack.Ip;

namespace SimStack.Sockets;

/// <summary>An entry of a socket's error queue, as Linux's sock_extended_err (ip(7), IP_RECVERR).</summary>
/// <param name="Error">The errno that it means.</param>
/// <param name="Origin">Who found it.</param>
/// <param name="Type">ICMP's type; 0 for a local error.</param>
/// <param name="Code">ICMP's code; 0 for a local error.</param>
/// <param name="Info">The MTU in bytes for EMSGSIZE, the pointer of a parameter problem; otherwise 0.</param>
/// <param name="Offender">Who sent the ICMP error; unspecified for a local one.</param>
/// <param name="Destination">Where the datagram was sent.</param>
/// <param name="Data">What was quoted of the datagram's payload.</param>
/// <param name="Time">When it arrived.</param>
public sealed record ExtendedError(
    Errno Error,
    ErrorOrigin Origin,
    byte Type,
    byte Code,
    uint Info,
    IpAddress Offender,
    IpEndpoint Destination,
    ReadOnlyMemory<byte> Data,
    Instant Time)
{
    /// <summary>
    /// ee_data: the last id of a zerocopy notice, whose first is <see cref="Info"/>; the byte that a time is about, with
    /// SOF_TIMESTAMPING_OPT_ID; otherwise 0.
    /// </summary>
    public uint EeData { get; init; }

    /// <summary>
    /// Bytes that recvmsg(2) has for it. More than <see cref="Data"/> has for a time without SOF_TIMESTAMPING_OPT_TSONLY: the packet is not
    /// kept.
    /// </summary>
    public int Length { get; init; } = Data.Length;

    /// <summary>A segment of TCP or a datagram brought an ICMP error; anything else is no error for SO_ERROR.</summary>
    internal bool IsIcmp => Origin is ErrorOrigin.Icmp or ErrorOrigin.Icmp6;
}

/// <summary>Who found an error, by Linux's numbers (SO_EE_ORIGIN_…).</summary>
public enum ErrorOrigin : byte
{
    Local = 1,
    Icmp = 2,
    Icmp6 = 3,

    /// <summary>No error: a time that SO_TIMESTAMPING asked for; <see cref="ExtendedError.Info"/> is a <see cref="TimestampKind"/>.</summary>
    Timestamping = 4,

    /// <summary>No error: MSG_ZEROCOPY's calls <see cref="ExtendedError.Info"/> to <see cref="ExtendedError.EeData"/> are done with their data.</summary>
    Zerocopy = 5,
}
