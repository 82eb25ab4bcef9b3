using System.Buffers.Binary;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Values of socket options as the bytes that pass between process and kernel (x86-64).</summary>
internal static class OptionBytes
{
    private const int TimeLength = 16;

    public static byte[] OfInt(int value)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>struct in6_addr</summary>
    private static byte[] OfAddress(IpAddress address)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, address.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), address.Low);
        return bytes;
    }

    /// <summary>struct linger</summary>
    public static byte[] OfLinger(bool on, int seconds) => [.. OfInt(on ? 1 : 0), .. OfInt(seconds)];

    /// <summary>struct timeval; zeros for no end.</summary>
    public static byte[] OfTime(Duration time)
    {
        long microseconds = time == Duration.Infinite ? 0 : time.WholeMicroseconds;
        byte[] bytes = new byte[TimeLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, microseconds / 1_000_000);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), microseconds % 1_000_000);
        return bytes;
    }

    /// <summary>struct timeval.</summary>
    /// <returns>0, EINVAL for too few bytes, EDOM for microseconds out of range.</returns>
    public static int ToTime(ReadOnlySpan<byte> bytes, out Duration time)
    {
        time = Duration.Infinite;
        if (bytes.Length < TimeLength)
        {
            return LinuxErrno.EINVAL;
        }

        long seconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        long microseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        if (microseconds is < 0 or >= 1_000_000)
        {
            return LinuxErrno.EDOM;
        }

        bool never = (seconds == 0 && microseconds == 0) || seconds > 1_000_000_000;
        time = seconds < 0 ? Duration.Zero
            : never ? Duration.Infinite
            : Duration.FromSeconds(seconds) + Duration.FromMicroseconds(microseconds);
        return 0;
    }

    /// <summary>The option's value as the script writes it for setsockopt, up to the length that it gives.</summary>
    public static byte[] From(Expression expression, int length)
    {
        byte[] bytes = expression switch
        {
            LingerExpression linger => OfLinger((int)linger.OnOff, (int)linger.Seconds),
            StringExpression text => [.. text.ToBytes(), 0],
            ListExpression => OfInt(CallArguments.Int(Only(expression))),
            GreHeaderExpression or MplsStackExpression => throw CallException.Unsupported($"an option that is a {((StructExpression)expression).TypeName}"),
            AddressExpression { IsV6: true } address => OfAddress(address.Address),
            _ => throw CallException.Mistake($"the value {CallText.Of(expression)}; it can be [number], a string or a structure"),
        };
        return bytes[..Math.Clamp(length, 0, bytes.Length)];
    }

    /// <summary>What getsockopt returned, compared as the tool does it; null when it is what the script writes.</summary>
    public static string? Compare(Expression expected, long expectedLength, byte[] got)
    {
        if (got.Length != expectedLength)
        {
            return $"a length of {got.Length}";
        }

        switch (expected)
        {
            case StringExpression text:
                return text.ToBytes().AsSpan().SequenceEqual(got) ? null : $"\"{Printable(got)}\"";
            case ListExpression when got.Length != sizeof(int):
                throw CallException.Mistake($"a length of {got.Length} for a number; it is 4");
            case ListExpression:
                int value = BinaryPrimitives.ReadInt32LittleEndian(got);
                return value == CallArguments.Int(Only(expected)) ? null : $"[{value}]";
            default:
                throw CallException.Unsupported($"getsockopt with the value {CallText.Of(expected)}");
        }
    }

    private static byte[] OfLinger(int on, int seconds) => [.. OfInt(on), .. OfInt(seconds)];

    private static Expression Only(Expression expression) => expression is ListExpression { Items: [var only] }
        ? only
        : throw CallException.Mistake($"{CallText.Of(expression)} where one number in brackets belongs");

    private static string Printable(byte[] bytes) =>
        string.Concat(bytes.Select(b => b is >= 0x20 and < 0x7F ? ((char)b).ToString() : $"\\x{b:x2}"));
}
