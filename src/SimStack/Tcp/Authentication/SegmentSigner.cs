using System.Buffers.Binary;
using System.Security.Cryptography;
using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tcp.Authentication;

/// <summary>
/// Signs segments and checks signatures: MD5 by RFC 2385 §2, TCP-AO by RFC 5925 §5.1. One for each host, with the buffer in which the pieces
/// are put one behind the other.
/// </summary>
internal sealed class SegmentSigner
{
    private const int Md5Length = 16;

    // Sequence number extension, the longer pseudo header, a key or the padding of a block.
    private const int MostBesideSegment = 4 + 40 + Md5Keys.LongestKey;

    private byte[] _buffer = new byte[2048];

    /// <summary>Puts the option in, with zeros where the signature goes.</summary>
    public static void Mark(ref TcpOptions options, in SigningKey key)
    {
        if (key.Ao is { } ao)
        {
            options.HasAuthentication = true;
            options.KeyId = ao.SendId;
            options.RNextKeyId = key.RNextKeyId;
            options.MacLength = (byte)ao.MacLength;
        }
        else
        {
            options.HasMd5 = key.Md5 is not null;
        }
    }

    /// <summary>Fills the signature in, of a segment that is complete but for it and the checksum.</summary>
    public void Sign(Span<byte> segment, int headerLength, in SigningKey key, in IpAddress source, in IpAddress destination)
    {
        var reader = new TcpOptionReader(segment[TcpView.MinHeaderLength..headerLength]);
        while (reader.MoveNext())
        {
            int data = TcpView.MinHeaderLength + reader.Offset + 2;
            if (reader.Kind is TcpOptionKind.Md5Signature && key.Md5 is { } md5)
            {
                ComputeMd5(segment, headerLength, md5, source, destination, segment.Slice(data, Md5Length));
                return;
            }

            if (reader.Kind is TcpOptionKind.Authentication && key.Ao is { } ao)
            {
                Span<byte> digest = stackalloc byte[64];
                ComputeMac(segment, headerLength, data + 2, ao.MacLength, ao.ExcludesOptions, key.Traffic, key.Extension, source, destination, digest);
                digest[..ao.MacLength].CopyTo(segment[(data + 2)..]);
                return;
            }
        }
    }

    /// <summary>The segment's MD5 signature is the key's.</summary>
    public bool IsSignedBy(byte[] key, scoped in TcpSegment segment)
    {
        Span<byte> digest = stackalloc byte[Md5Length];
        int headerLength = segment.Bytes[12] >> 4 << 2;
        ComputeMd5(segment.Bytes, headerLength, key, segment.Source, segment.Destination, digest);
        return digest.SequenceEqual(segment.Bytes.Slice(TcpView.MinHeaderLength + segment.Options.Md5Offset, Md5Length));
    }

    /// <summary>The segment's MAC is the key's.</summary>
    public bool IsSignedBy(AoKey key, AoSecret traffic, uint extension, scoped in TcpSegment segment)
    {
        Span<byte> digest = stackalloc byte[64];
        int headerLength = segment.Bytes[12] >> 4 << 2;
        int offset = TcpView.MinHeaderLength + segment.Options.MacOffset;
        if (segment.Options.MacLength != key.MacLength)
        {
            return false;
        }

        ComputeMac(
            segment.Bytes, headerLength, offset, key.MacLength, key.ExcludesOptions, traffic, extension, segment.Source, segment.Destination,
            digest);
        return digest[..key.MacLength].SequenceEqual(segment.Bytes.Slice(offset, key.MacLength));
    }

    // The digest is over the header without options and with a checksum of zero.
    private void ComputeMd5(
        ReadOnlySpan<byte> segment, int headerLength, byte[] key, in IpAddress source, in IpAddress destination, Span<byte> digest)
    {
        Span<byte> buffer = Buffer(segment.Length);
        int length = WritePseudoHeader(buffer, source, destination, segment.Length);
        length += WriteFixedHeader(buffer[length..], segment);
        segment[headerLength..].CopyTo(buffer[length..]);
        length += segment.Length - headerLength;
        key.CopyTo(buffer[length..]);
        length += key.Length;
        MD5.HashData(buffer[..length], digest);
    }

    private void ComputeMac(
        ReadOnlySpan<byte> segment, int headerLength, int macOffset, int macLength, bool excludesOptions, AoSecret traffic, uint extension,
        in IpAddress source, in IpAddress destination, Span<byte> digest)
    {
        Span<byte> buffer = Buffer(segment.Length);
        BinaryPrimitives.WriteUInt32BigEndian(buffer, extension);
        int length = sizeof(uint);
        length += WritePseudoHeader(buffer[length..], source, destination, segment.Length);
        int start = length;
        length += WriteFixedHeader(buffer[length..], segment);
        if (excludesOptions)
        {
            segment.Slice(macOffset - 4, 4).CopyTo(buffer[length..]);
            length += 4;
            buffer.Slice(length, macLength).Clear();
            length += macLength;
        }
        else
        {
            segment[TcpView.MinHeaderLength..headerLength].CopyTo(buffer[length..]);
            length += headerLength - TcpView.MinHeaderLength;
            buffer.Slice(start + macOffset, macLength).Clear();
        }

        segment[headerLength..].CopyTo(buffer[length..]);
        length += segment.Length - headerLength;
        traffic.Digest(_buffer, length, digest);
    }

    private static int WritePseudoHeader(Span<byte> buffer, in IpAddress source, in IpAddress destination, int segmentLength)
    {
        int length = source.WriteTo(buffer);
        length += destination.WriteTo(buffer[length..]);
        if (source.IsV4)
        {
            buffer[length] = 0;
            buffer[length + 1] = (byte)IpProtocol.Tcp;
            BinaryPrimitives.WriteUInt16BigEndian(buffer[(length + 2)..], (ushort)segmentLength);
            return length + 4;
        }

        BinaryPrimitives.WriteInt32BigEndian(buffer[length..], segmentLength);
        BinaryPrimitives.WriteInt32BigEndian(buffer[(length + 4)..], (int)IpProtocol.Tcp);
        return length + 8;
    }

    private static int WriteFixedHeader(Span<byte> buffer, ReadOnlySpan<byte> segment)
    {
        const int Checksum = 16;
        segment[..TcpView.MinHeaderLength].CopyTo(buffer);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[Checksum..], 0);
        return TcpView.MinHeaderLength;
    }

    private Span<byte> Buffer(int segmentLength)
    {
        int needed = segmentLength + MostBesideSegment;
        if (_buffer.Length < needed)
        {
            _buffer = new byte[Math.Max(needed, 2 * _buffer.Length)];
        }

        return _buffer;
    }
}
