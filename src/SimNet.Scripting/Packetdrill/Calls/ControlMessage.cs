using System.Globalization;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>A control message (cmsg(3)) that a call handed out, or that the script expects.</summary>
/// <param name="Level">cmsg_level</param>
/// <param name="Type">cmsg_type</param>
/// <param name="Length">Bytes of its data.</param>
/// <param name="Values">The data's numbers in order; of a struct sock_extended_err the fields without the offender.</param>
internal sealed record ControlMessage(int Level, int Type, int Length, IReadOnlyList<long> Values)
{
    public const int LevelIp = 0;
    public const int LevelSocket = 1;
    public const int LevelTcp = 6;
    public const int LevelIpv6 = 41;
    public const int TcpInq = 36;
    public const int IpReceiveErrors = 11;
    public const int Ipv6ReceiveErrors = 25;

    public const int Timestamping = 37;
    public const int TimestampingNew = 65;

    public const int Timestamp = 29;
    public const int TimestampNanoseconds = 35;

    private const int HeaderLength = 16;
    private const int TimeLength = 16;
    private const int TimestampingLength = 48;
    private const int ExtendedErrorLength = 16;
    private const int SocketAddressLength = 16;
    private const int SocketAddressLengthV6 = 28;

    /// <summary>CMSG_SPACE: bytes that it takes of a control buffer.</summary>
    public int Space => HeaderLength + ((Length + 7) & ~7);

    /// <summary>Data that is one int.</summary>
    public static ControlMessage Int(int level, int type, int value) => new(level, type, sizeof(int), [value]);

    /// <summary>A struct scm_timestamping: in software, transformed, of the hardware; the last two are never taken.</summary>
    /// <param name="type">That of the option it was asked for with.</param>
    /// <param name="nanoseconds">Since the script's beginning.</param>
    public static ControlMessage Times(int type, long nanoseconds) => new(LevelSocket, type, TimestampingLength, [nanoseconds]);

    /// <summary>A struct timeval or timespec of SO_TIMESTAMP or SO_TIMESTAMPNS, which scripts have no way to write down.</summary>
    public static ControlMessage Time(int type, long nanoseconds) => new(LevelSocket, type, TimeLength, [nanoseconds]);

    /// <summary>A struct sock_extended_err with the offender's address behind it.</summary>
    public static ControlMessage Error(bool isV4, int errno, int origin, int type, int code, uint info, uint data) => isV4
        ? new(LevelIp, IpReceiveErrors, ExtendedErrorLength + SocketAddressLength, [errno, origin, type, code, info, data])
        : new(LevelIpv6, Ipv6ReceiveErrors, ExtendedErrorLength + SocketAddressLengthV6, [errno, origin, type, code, info, data]);

    /// <summary>As the script writes it.</summary>
    public static ControlMessage From(Expression expression)
    {
        ControlMessageExpression written = expression as ControlMessageExpression
            ?? throw CallException.Mistake($"{CallText.Of(expression)} where {{cmsg_level=…, cmsg_type=…, cmsg_data=…}} belongs");
        int level = CallArguments.Int(written.Level);
        int type = CallArguments.Int(written.Type);
        return written.Data switch
        {
            ExtendedErrorExpression error => Error(
                level == LevelIp,
                CallArguments.Int(error.Errno),
                CallArguments.Int(error.Origin),
                CallArguments.Int(error.Type),
                CallArguments.Int(error.Code),
                unchecked((uint)CallArguments.Int(error.Info)),
                unchecked((uint)CallArguments.Int(error.Data))) with
            { Level = level, Type = type },
            TimestampingExpression times => Times(type, times.Nanoseconds + (times.Seconds * 1_000_000_000)) with { Level = level },
            ListExpression => throw CallException.Unsupported("SCM_TIMESTAMPING_OPT_STATS"),
            _ => Int(level, type, CallArguments.Int(written.Data)),
        };
    }

    /// <summary>The first difference between what was handed out and what the script expects; null without any.</summary>
    /// <param name="expected">Of the script.</param>
    /// <param name="got">Of the machine.</param>
    /// <param name="tolerance">How far times may be from the script's; one that it writes as 0 may be any.</param>
    public static string? Compare(IReadOnlyList<ControlMessage> expected, IReadOnlyList<ControlMessage> got, Duration tolerance)
    {
        for (int i = 0; i < Math.Min(expected.Count, got.Count); i++)
        {
            ControlMessage right = expected[i];
            ControlMessage live = got[i];
            if (live.Level != right.Level || live.Type != right.Type || live.Length != right.Length)
            {
                return $"control message {i + 1} of level {live.Level}, type {live.Type}, {live.Length} bytes";
            }

            if (right is { Level: LevelSocket, Type: Timestamping or TimestampingNew, Length: TimestampingLength })
            {
                long off = Math.Abs(live.Values[0] - right.Values[0]);
                if (right.Values[0] != 0 && off > tolerance.Nanoseconds)
                {
                    return $"control message {i + 1} with {Seconds(live.Values[0])} s instead of {Seconds(right.Values[0])} s";
                }
            }
            else if (!live.Values.SequenceEqual(right.Values))
            {
                return $"control message {i + 1} with {string.Join(", ", live.Values)} instead of {string.Join(", ", right.Values)}";
            }
        }

        return expected.Count == got.Count ? null : $"{got.Count} control messages instead of {expected.Count}";
    }

    private static string Seconds(long nanoseconds) => (nanoseconds / 1_000_000_000m).ToString("0.000000", CultureInfo.InvariantCulture);
}
