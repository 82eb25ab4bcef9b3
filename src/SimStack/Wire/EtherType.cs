namespace SimStack.Wire;

/// <summary>The type field of an Ethernet II frame (IEEE 802 numbers); other values may appear.</summary>
public enum EtherType : ushort
{
    Ipv4 = 0x0800,
    Arp = 0x0806,
    Vlan = 0x8100,
    Ipv6 = 0x86DD,
}
