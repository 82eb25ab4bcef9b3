namespace SimStack.Tcp.Listen;

/// <summary>
/// Sequence numbers that stand for an entry of a SYN queue (RFC 4987 §3.6; Linux: net/ipv4/syncookies.c, net/ipv6/syncookies.c). Of the SYN only
/// what number and timestamp have room for comes back: the MSS, out of four; with timestamps scale, SACK and ECN too.
/// </summary>
internal readonly struct SynCookies(SipHash numbers, SipHash counts)
{
    /// <summary>In a scale's place: the SYN had none.</summary>
    private const uint NoScale = 15;
    private const uint ScaleMask = 15;
    private const uint SackBit = 16;
    private const uint EcnBit = 32;
    private const uint OptionMask = 63;

    private const int CountShift = 24;
    private const uint IndexMask = (1u << CountShift) - 1;
    private const long CountNanoseconds = 60_000_000_000;

    /// <summary>A cookie of this minute or the last is good (Linux: MAX_SYNCOOKIE_AGE).</summary>
    private const uint MostMinutes = 2;

    /// <summary>How long after a SYN without a place a listening socket believes in cookies (Linux: TCP_SYNCOOKIE_VALID).</summary>
    public static readonly Duration Validity = Duration.FromSeconds(120);

    private static ReadOnlySpan<ushort> MssOfV4 => [536, 1300, 1440, 1460];

    private static ReadOnlySpan<ushort> MssOfV6 => [1220, 1420, 1440, 8940];

    /// <summary>The ISS that answers a SYN.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="syn">The SYN.</param>
    /// <param name="mss">What the peer takes, in bytes; the cookie keeps the next smaller of its four, or the smallest.</param>
    public uint Make(Instant now, scoped in TcpSegment syn, int mss)
    {
        ReadOnlySpan<ushort> table = syn.Source.IsV4 ? MssOfV4 : MssOfV6;
        int index = table.Length - 1;
        while (index > 0 && mss < table[index])
        {
            index--;
        }

        uint count = CountAt(now);
        return unchecked(
            Hash(numbers, syn, 0) + syn.Seq.Value + (count << CountShift) + ((Hash(counts, syn, count) + (uint)index) & IndexMask));
    }

    /// <summary>The MSS in bytes that the cookie has which a segment acknowledges, or 0: no cookie of ours, or too old.</summary>
    public ushort Read(Instant now, scoped in TcpSegment ack)
    {
        uint count = CountAt(now);
        uint cookie = unchecked(ack.Ack.Value - 1 - Hash(numbers, ack, 0) - (ack.Seq.Value - 1));
        uint age = unchecked(count - (cookie >> CountShift)) & (uint.MaxValue >> CountShift);
        if (age >= MostMinutes)
        {
            return 0;
        }

        uint index = unchecked(cookie - Hash(counts, ack, count - age)) & IndexMask;
        ReadOnlySpan<ushort> table = ack.Source.IsV4 ? MssOfV4 : MssOfV6;
        return index < table.Length ? table[(int)index] : (ushort)0;
    }

    /// <summary>
    /// The timestamp of a SYN-ACK: its low six bits hold the SYN's options, and it is not later than the clock (Linux: cookie_init_timestamp).
    /// </summary>
    /// <param name="clock">The timestamp clock, without the connection's offset.</param>
    /// <param name="scale">The peer's window scale, 0 to 14; -1 = none.</param>
    /// <param name="sack">SACK is agreed.</param>
    /// <param name="ecn">ECN is agreed.</param>
    public static uint PutOptions(uint clock, int scale, bool sack, bool ecn)
    {
        uint bits = (scale < 0 ? NoScale : (uint)scale) | (sack ? SackBit : 0) | (ecn ? EcnBit : 0);
        uint value = (clock & ~OptionMask) | bits;
        return bits > (clock & OptionMask) ? unchecked(value - OptionMask - 1) : value;
    }

    /// <summary>What <see cref="PutOptions"/> put into an echoed timestamp, the connection's offset taken off.</summary>
    public static (int Scale, bool Sack, bool Ecn) TakeOptions(uint echo) =>
        ((echo & ScaleMask) == NoScale ? -1 : (int)(echo & ScaleMask), (echo & SackBit) != 0, (echo & EcnBit) != 0);

    private static uint CountAt(Instant now) => unchecked((uint)(now.Nanoseconds / CountNanoseconds));

    private static uint Hash(SipHash hash, scoped in TcpSegment segment, uint count) => unchecked((uint)hash.Compute(
        segment.Source.High,
        segment.Source.Low,
        segment.Destination.High,
        segment.Destination.Low,
        (ulong)count << 32 | (uint)segment.SourcePort << 16 | segment.DestinationPort));
}
