namespace SimStack.Tcp.Congestion;

/// <summary>
/// What a segment in flight remembers of the moment when it was sent last, for the sample that its acknowledgement gives (Linux: the tx part of
/// struct tcp_skb_cb). Times are kept as distances to the segment's own time of sending.
/// </summary>
internal struct DeliveryStamp
{
    private const uint LimitedBit = 1u << 31;
    private const int Used = -1;

    private int _firstSentAge;
    private int _deliveredAge;
    private uint _inFlightAndLimited;

    /// <summary>The low 16 bits of the counters of segments with a CE mark, and of lost ones.</summary>
    public ushort DeliveredCe, Lost;

    /// <summary>Segments delivered by then.</summary>
    public uint Delivered;

    public static DeliveryStamp Of(long now, in DeliveryRate rate, int inFlight) => new()
    {
        Delivered = rate.Delivered,
        _firstSentAge = Distance(now, rate.FirstSentAt),
        _deliveredAge = Distance(now, rate.DeliveredAt),
        DeliveredCe = (ushort)rate.DeliveredCe,
        Lost = (ushort)rate.Lost,
        _inFlightAndLimited = (uint)inFlight | (rate.ApplicationLimited != 0 ? LimitedBit : 0),
    };

    /// <summary>It gave its sample: a SACK told of it.</summary>
    public readonly bool IsUsed => _deliveredAge == Used;

    public readonly bool IsApplicationLimited => (_inFlightAndLimited & LimitedBit) != 0;

    /// <summary>Segments in flight with this one.</summary>
    public readonly int InFlight => (int)(_inFlightAndLimited & ~LimitedBit);

    /// <summary>When the first segment of the flight was sent, in microseconds.</summary>
    public readonly long FirstSentAt(long sentAt) => sentAt - _firstSentAge;

    /// <summary>When the last delivery before it was, in microseconds.</summary>
    public readonly long DeliveredAt(long sentAt) => sentAt - _deliveredAge;

    public void Use() => _deliveredAge = Used;

    private static int Distance(long later, long earlier) => (int)Math.Clamp(later - earlier, 0, int.MaxValue);
}
