using System.Buffers.Binary;

namespace SimStack.Wire;

/// <summary>An ICMP message (RFC 792).</summary>
/// <remarks><code>
///  0       1       2               4                               8
/// | type  | code  | checksum      | rest: id, sequence / MTU / …  | data …
/// </code></remarks>
public readonly ref struct IcmpView
{
    /// <summary>Length of the header in bytes.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private IcmpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public IcmpType Type => (IcmpType)_bytes[0];
    public byte Code => _bytes[1];
    public ushort Checksum => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Echo's identifier.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Echo's sequence number.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>The next hop's MTU of "fragmentation needed" (RFC 1191 §4); 0 from an old router.</summary>
    public ushort Mtu => BinaryPrimitives.ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>Echo data, or the quoted packet of an error.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>
    /// True for messages that quote a packet: destination unreachable, source quench, redirect, time exceeded, parameter problem.
    /// </summary>
    public bool IsError => Type is IcmpType.DestinationUnreachable or IcmpType.SourceQuench or IcmpType.Redirect
        or IcmpType.TimeExceeded or IcmpType.ParameterProblem;

    /// <summary>Fails with <see cref="WireError.Truncated"/> or <see cref="WireError.BadChecksum"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IcmpView view, out WireError error)
    {
        view = default;
        error = bytes.Length < HeaderLength ? WireError.Truncated
            : InternetChecksum.Compute(bytes) != 0 ? WireError.BadChecksum
            : WireError.None;
        if (error != WireError.None)
        {
            return false;
        }

        view = new IcmpView(bytes);
        return true;
    }
}
