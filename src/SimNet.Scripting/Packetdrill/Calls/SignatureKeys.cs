using System.Buffers.Binary;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>TCP_MD5SIG and TCP_MD5SIG_EXT: struct tcp_md5sig as the bytes that pass between process and kernel (x86-64).</summary>
internal static class SignatureKeys
{
    private const int Flags = 128, PrefixLength = 129, KeyLength = 130, InterfaceIndex = 132, Key = 136, LongestKey = 80;
    private const int Length = Key + LongestKey;
    private const int AfInet = 2, AfInet6 = 10;

    // TCP_MD5SIG_FLAG_PREFIX, TCP_MD5SIG_FLAG_IFINDEX
    private const int FlagPrefix = 1, FlagInterface = 2;

    /// <summary>The structure that a script's <c>{tcpm_key="…"}</c> stands for.</summary>
    /// <param name="expression">The key, and how much of the address counts.</param>
    /// <param name="peer">The address.</param>
    /// <param name="family">The socket's.</param>
    /// <param name="length">As much of it as the call hands over.</param>
    public static byte[] BytesOf(SignatureKeyExpression expression, IpAddress peer, AddressFamily family, int length)
    {
        byte[] bytes = new byte[Length];
        byte[] key = expression.Key.ToBytes();
        if (family is AddressFamily.AF_INET)
        {
            bytes[0] = AfInet;
            peer.WriteTo(bytes.AsSpan(4));
        }
        else
        {
            bytes[0] = AfInet6;
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), peer.High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), peer.Low);
        }

        bytes[Flags] = (byte)(expression.PrefixLength is null ? 0 : FlagPrefix);
        bytes[PrefixLength] = (byte)Math.Clamp(expression.PrefixLength ?? 0, 0, byte.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(KeyLength), (ushort)Math.Min(key.Length, ushort.MaxValue));
        key.AsSpan(0, Math.Min(key.Length, LongestKey)).CopyTo(bytes.AsSpan(Key));
        return bytes[..Math.Clamp(length, 0, Length)];
    }

    /// <summary>Linux: tcp_v4_parse_md5_keys, tcp_v6_parse_md5_keys.</summary>
    public static CallResult Set(TcpSocket socket, ReadOnlySpan<byte> bytes, bool extended)
    {
        if (bytes.Length < Length)
        {
            return CallResult.Fail(Errno.EINVAL);
        }

        int family = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        int flags = extended ? bytes[Flags] : 0;
        int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[KeyLength..]);
        if (family != (socket.Family is AddressFamily.AF_INET ? AfInet : AfInet6) || keyLength > LongestKey)
        {
            return CallResult.Fail(Errno.EINVAL);
        }

        if ((flags & FlagInterface) != 0 && BinaryPrimitives.ReadInt32LittleEndian(bytes[InterfaceIndex..]) != 0)
        {
            throw CallException.Unsupported("TCP_MD5SIG_FLAG_IFINDEX");
        }

        IpAddress peer = IpAddress.FromBytes(family == AfInet ? bytes.Slice(4, 4) : bytes.Slice(8, 16));
        int prefix = (flags & FlagPrefix) != 0 ? bytes[PrefixLength] : peer.IsV4 ? 32 : 128;
        return CallResult.From(socket.SetMd5Key(peer, prefix, bytes.Slice(Key, keyLength)));
    }
}
