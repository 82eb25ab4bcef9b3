using System.Globalization;
using SimStack.Ip;
using SimStack.Wire;
using static SimStack.Tests.Ip.IpBench;

namespace SimStack.Tests.Ip;

/// <summary>Fragments made by hand, of echo replies: their checksum shows whether the whole is right, and they are not answered.</summary>
internal static class Fragments
{
    /// <summary>An echo reply of that many bytes, 8 at least; its data counts up.</summary>
    internal static byte[] Message(bool v6, int length)
    {
        byte[] data = new byte[length - 8];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)(i * 7 + i / 256);
        }

        byte[] message = new byte[length];
        _ = v6
            ? Icmpv6Writer.WriteEcho(message, Peer6, Own6, true, 5, 6, data)
            : IcmpWriter.WriteEcho(message, true, 5, 6, data);
        return message;
    }

    internal static string LogOf(bool v6, byte[] message) =>
        $"reply {(v6 ? Peer6 : Peer)} 5 6 {Convert.ToHexStringLower(message.AsSpan(8))}";

    /// <summary>A frame with one fragment; what lies behind the message's end is zeros.</summary>
    internal static byte[] Make(
        bool v6, byte[] message, int from, int to, bool more, uint id = 7, byte traffic = 0, IpAddress? source = null)
    {
        byte[] data = new byte[to - from];
        int have = Math.Clamp(message.Length - from, 0, data.Length);
        message.AsSpan(Math.Min(from, message.Length), have).CopyTo(data);
        byte[] frame;
        if (v6)
        {
            byte[] header = [58, 0, (byte)(from >> 8), (byte)(from | (more ? 1 : 0)), (byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id];
            frame = V6(IpProtocol.Fragment, [.. header, .. data], source);
            frame[14] |= (byte)(traffic >> 4);
            frame[15] |= (byte)(traffic << 4);
        }
        else
        {
            frame = V4(IpProtocol.Icmp, data);
            Ipv4Writer.Write(
                frame.AsSpan(14), source ?? Peer, Own, IpProtocol.Icmp, data.Length, 64, traffic, (ushort)id, false, from, more);
        }

        return frame;
    }

    /// <summary>Frames from text: <c>0-16+ 16-40.</c>, the last one with a dot.</summary>
    internal static IEnumerable<byte[]> Parse(bool v6, byte[] message, string text)
    {
        foreach (string word in text.Split(' '))
        {
            string[] ends = word[..^1].Split('-');
            yield return Make(
                v6, message, int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[1], CultureInfo.InvariantCulture),
                word[^1] == '+');
        }
    }
}
