using System.Runtime.InteropServices;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// The program by which the system picks the frames for a station, in the classic BPF that packet sockets and libpcap share (struct sock_filter,
/// struct bpf_insn): nothing of the system's own traffic is copied to the simulation.
/// </summary>
internal static class StationFilter
{
    private const ushort LoadWord = 0x20, LoadHalf = 0x28, LoadByte = 0x30, And = 0x54, JumpEqual = 0x15, JumpSet = 0x45, Return = 0x06;
    private const uint Whole = 0x4_0000;
    private const int EtherTypeOffset = 12;
    private const int Ipv4Destination = 30;
    private const int Ipv6Destination = 38;

    // SKF_AD_OFF + SKF_AD_VLAN_TAG: Linux keeps the tag beside the frame.
    private const uint VlanTag = 0xFFFF_F000 + 44;

    /// <summary>Groups' frames, ARP for the station, and IP packets to its addresses.</summary>
    /// <param name="station">Its Ethernet address. Frames that come from it are its own, or the system's with which it shares it.</param>
    /// <param name="addresses">Its IP addresses; none: everything for its Ethernet address.</param>
    /// <param name="isPacketSocket">Linux tells what the frame alone doesn't: frames of a VLAN are not meant.</param>
    public static Instruction[] Build(MacAddress station, IReadOnlyList<IpAddress> addresses, bool isPacketSocket)
    {
        List<Instruction> program = [];
        if (isPacketSocket)
        {
            program.AddRange([new(LoadWord, VlanTag), new(And, 0xFFF), new(JumpEqual, 0, 1, 0), new(Return, 0)]);
        }

        uint high = (uint)(station.Value >> 16), low = (ushort)station.Value;
        program.AddRange([new(LoadWord, 6), new(JumpEqual, high, 0, 3), new(LoadHalf, 10), new(JumpEqual, low, 0, 1), new(Return, 0)]);
        program.AddRange([new(LoadByte, 0), new(JumpSet, 1, 0, 1), new(Return, Whole)]);
        program.AddRange([new(LoadWord, 0), new(JumpEqual, high, 1, 0), new(Return, 0)]);
        program.AddRange([new(LoadHalf, 4), new(JumpEqual, low, 1, 0), new(Return, 0)]);
        if (addresses.Count == 0)
        {
            program.Add(new(Return, Whole));
            return [.. program];
        }

        program.AddRange([new(LoadHalf, EtherTypeOffset), new(JumpEqual, (uint)EtherType.Arp, 0, 1), new(Return, Whole)]);
        foreach (IpAddress address in addresses)
        {
            AddAddress(program, address);
        }

        program.Add(new(Return, 0));
        return [.. program];
    }

    // Every address tests the type for itself: jumps reach no farther than 255 instructions, and there may be many addresses.
    private static void AddAddress(List<Instruction> program, IpAddress address)
    {
        program.Add(new(LoadHalf, EtherTypeOffset));
        if (address.IsV4)
        {
            program.AddRange([new(JumpEqual, (uint)EtherType.Ipv4, 0, 3), new(LoadWord, Ipv4Destination), new(JumpEqual, address.V4, 0, 1), new(Return, Whole)]);
            return;
        }

        program.Add(new(JumpEqual, (uint)EtherType.Ipv6, 0, 9));
        ReadOnlySpan<uint> words = [(uint)(address.High >> 32), (uint)address.High, (uint)(address.Low >> 32), (uint)address.Low];
        for (int i = 0; i < words.Length; i++)
        {
            program.AddRange([new(LoadWord, (uint)(Ipv6Destination + 4 * i)), new(JumpEqual, words[i], 0, (byte)(7 - 2 * i))]);
        }

        program.Add(new(Return, Whole));
    }

    /// <summary>struct sock_filter.</summary>
    /// <param name="code">What to do.</param>
    /// <param name="k">Offset, value or result.</param>
    /// <param name="whenTrue">Instructions to skip when it holds.</param>
    /// <param name="whenFalse">Instructions to skip when it doesn't.</param>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Instruction(ushort code, uint k, byte whenTrue = 0, byte whenFalse = 0)
    {
        public readonly ushort Code = code;
        public readonly byte True = whenTrue;
        public readonly byte False = whenFalse;
        public readonly uint K = k;
    }
}
