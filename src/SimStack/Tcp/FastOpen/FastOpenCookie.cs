using System.Buffers.Binary;
using SimStack.Wire;

namespace SimStack.Tcp.FastOpen;

/// <summary>What a Fast Open option holds (RFC 7413 §4.1.1): a cookie, a request for one, or that there is no option.</summary>
internal readonly struct FastOpenCookie
{
    /// <summary>Bytes of a cookie that this stack makes.</summary>
    public const int OwnLength = 8;

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly byte _lengthAndOne;

    private FastOpenCookie(ulong high, ulong low, int length, bool isExperimental)
    {
        _high = high;
        _low = low;
        _lengthAndOne = (byte)(length + 1);
        IsExperimental = isExperimental;
    }

    /// <summary>4 to 16 bytes, 0 for a request, -1 for no option; the default.</summary>
    public int Length => _lengthAndOne - 1;

    /// <summary>In the experimental option 254 rather than 34.</summary>
    public bool IsExperimental { get; }

    public bool IsPresent => Length >= 0;

    public bool HasCookie => Length > 0;

    /// <summary>An option that asks for a cookie.</summary>
    public static FastOpenCookie Request(bool isExperimental) => new(0, 0, 0, isExperimental);

    /// <summary>A cookie of this stack's, its bytes in the order of the wire as one number.</summary>
    public static FastOpenCookie Own(ulong bytes) => new(bytes, 0, OwnLength, isExperimental: false);

    /// <summary>The option of a segment.</summary>
    public static FastOpenCookie Of(in TcpOptions options)
    {
        if (!options.HasFastOpen)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[TcpOptions.MaxFastOpenCookie];
        bytes.Clear();
        int length = options.GetFastOpenCookie(bytes);
        return new FastOpenCookie(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), length,
            options.FastOpenIsExperimental);
    }

    /// <summary>The same bytes in the other form of the option, or this one.</summary>
    public FastOpenCookie As(bool isExperimental) => new(_high, _low, Length, isExperimental);

    /// <summary>The same bytes, whatever the form of the option.</summary>
    public bool Matches(FastOpenCookie other) => Length == other.Length && _high == other._high && _low == other._low;

    /// <summary>The cookie in hexadecimal digits; empty without one.</summary>
    public override string ToString() => HasCookie ? $"{_high:x16}{_low:x16}"[..(Length * 2)] : "";

    /// <summary>Adds the option to a segment's, if there is one.</summary>
    public void WriteTo(ref TcpOptions options)
    {
        if (!IsPresent)
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[TcpOptions.MaxFastOpenCookie];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
        options.SetFastOpenCookie(bytes[..Length]);
        options.FastOpenIsExperimental = IsExperimental;
    }
}
