namespace SimNet.Capture;

/// <summary>The numbers of draft-ietf-opsawg-pcapng that writer and reader share.</summary>
internal static class PcapngFormat
{
    public const uint InterfaceDescription = 1;
    public const uint ObsoletePacket = 2;
    public const uint SimplePacket = 3;
    public const uint NameResolution = 4;
    public const uint InterfaceStatistics = 5;
    public const uint EnhancedPacket = 6;

    /// <summary>Reads the same in both byte orders, and shows a transfer that changed line ends.</summary>
    public const uint SectionHeader = 0x0A0D_0D0A;
    public const uint ByteOrderMagic = 0x1A2B_3C4D;

    public const ushort EndOfOptions = 0;
    public const ushort Comment = 1;
    public const ushort SectionOperatingSystem = 3;
    public const ushort SectionApplication = 4;
    public const ushort InterfaceName = 2;
    public const ushort InterfaceText = 3;
    public const ushort InterfaceResolution = 9;
    public const ushort InterfaceOffset = 14;
    public const ushort PacketFlags = 2;
    public const ushort StatisticsEnd = 3;
    public const ushort StatisticsReceived = 4;
    public const ushort StatisticsDropped = 5;

    public const ushort NameEnd = 0;
    public const ushort NameIpv4 = 1;
    public const ushort NameIpv6 = 2;

    /// <summary>An option's length is a 16-bit number.</summary>
    public const int MaxOptionLength = 65_535;

    /// <summary>Everything in a block is padded to 32 bits.</summary>
    public static int Padded(int length) => (length + 3) & ~3;

    /// <summary>Room for one text option, whatever its characters.</summary>
    public static int OptionRoom(int characters) =>
        characters == 0 ? 0 : 4 + Padded(Math.Min(Math.Min(characters, MaxOptionLength) * 3, MaxOptionLength));
}
