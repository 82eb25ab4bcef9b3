using System.Buffers.Binary;
using System.Security.Cryptography;
using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tests.Tcp;

/// <summary>A segment as it was on the wire.</summary>
internal sealed record SignedBytes(byte[] Segment, IpAddress Source, IpAddress Destination);

/// <summary>How a peer signs, written down a second time from the RFCs: nothing of the stack's is used.</summary>
internal abstract record PeerSignature
{
    /// <summary>Expects neither MD5 nor TCP-AO.</summary>
    public static readonly PeerSignature None = new Unsigned();

    public static PeerSignature Md5(string key) => new Md5Signature(key);

    public abstract void Mark(ref TcpOptions options);

    /// <summary>Writes the signature where zeros are.</summary>
    public void Fill(Span<byte> segment, IpAddress source, IpAddress destination)
    {
        if (Find(segment) is { } place)
        {
            byte[] signature = Compute(segment.ToArray(), source, destination);
            signature.AsSpan(0, place.Length).CopyTo(segment[place.Start..]);
        }
    }

    public virtual bool IsRight(SignedBytes received)
    {
        if (Find(received.Segment) is not { } place)
        {
            return false;
        }

        byte[] got = received.Segment.AsSpan(place.Start, place.Length).ToArray();
        byte[] cleared = (byte[])received.Segment.Clone();
        cleared.AsSpan(place.Start, place.Length).Clear();
        return Compute(cleared, received.Source, received.Destination).AsSpan(0, place.Length).SequenceEqual(got);
    }

    /// <summary>Where the signature is; null without one of this kind.</summary>
    protected abstract (int Start, int Length)? Find(ReadOnlySpan<byte> segment);

    protected abstract byte[] Compute(byte[] segment, IpAddress source, IpAddress destination);

    protected static (int Start, int Length)? FindOption(ReadOnlySpan<byte> segment, TcpOptionKind kind, int behind)
    {
        var reader = new TcpOptionReader(segment[20..(segment[12] >> 4 << 2)]);
        while (reader.MoveNext())
        {
            if (reader.Kind == kind)
            {
                return (20 + reader.Offset + 2 + behind, reader.Data.Length - behind);
            }
        }

        return null;
    }

    protected static byte[] PseudoHeader(IpAddress source, IpAddress destination, int length)
    {
        byte[] header = new byte[40];
        int at = source.WriteTo(header);
        at += destination.WriteTo(header.AsSpan(at));
        if (source.IsV4)
        {
            header[at + 1] = 6;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(at + 2), (ushort)length);
            return header[..12];
        }

        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(at), (uint)length);
        header[39] = 6;
        return header;
    }

    protected static byte[] WithoutChecksum(byte[] segment)
    {
        byte[] copy = (byte[])segment.Clone();
        copy[16] = copy[17] = 0;
        return copy;
    }

    private sealed record Unsigned : PeerSignature
    {
        public override void Mark(ref TcpOptions options)
        {
        }

        public override bool IsRight(SignedBytes received) =>
            FindOption(received.Segment, TcpOptionKind.Md5Signature, 0) is null && FindOption(received.Segment, TcpOptionKind.Authentication, 0) is null;

        protected override (int Start, int Length)? Find(ReadOnlySpan<byte> segment) => null;

        protected override byte[] Compute(byte[] segment, IpAddress source, IpAddress destination) => [];
    }

    private sealed record Md5Signature(string Key) : PeerSignature
    {
        public override void Mark(ref TcpOptions options) => options.HasMd5 = true;

        protected override (int Start, int Length)? Find(ReadOnlySpan<byte> segment) => FindOption(segment, TcpOptionKind.Md5Signature, 0);

        protected override byte[] Compute(byte[] segment, IpAddress source, IpAddress destination)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            hash.AppendData(PseudoHeader(source, destination, segment.Length));
            hash.AppendData(WithoutChecksum(segment).AsSpan(0, 20));
            hash.AppendData(segment.AsSpan(segment[12] >> 4 << 2));
            hash.AppendData(System.Text.Encoding.ASCII.GetBytes(Key));
            return hash.GetHashAndReset();
        }
    }
}

/// <summary>TCP-AO by HMAC-SHA-1-96, all options covered (RFC 5925 §5, RFC 5926 §3).</summary>
/// <param name="MasterKey">The master key.</param>
/// <param name="KeyId">KeyID.</param>
/// <param name="RNextKeyId">RNextKeyID; what arrives is held against both.</param>
/// <param name="SenderIsn">The initial number of the segment's sender.</param>
/// <param name="ReceiverIsn">Of its receiver; 0 in a SYN without ACK.</param>
/// <param name="Extension">SNE.</param>
internal sealed record AoSignature(string MasterKey, byte KeyId, byte RNextKeyId, uint SenderIsn, uint ReceiverIsn, uint Extension = 0)
    : PeerSignature
{
    public override void Mark(ref TcpOptions options)
    {
        options.HasAuthentication = true;
        options.KeyId = KeyId;
        options.RNextKeyId = RNextKeyId;
        options.MacLength = 12;
    }

    public override bool IsRight(SignedBytes received) =>
        FindOption(received.Segment, TcpOptionKind.Authentication, 0) is { } option
        && received.Segment[option.Start] == KeyId && received.Segment[option.Start + 1] == RNextKeyId && base.IsRight(received);

    protected override (int Start, int Length)? Find(ReadOnlySpan<byte> segment) => FindOption(segment, TcpOptionKind.Authentication, 2);

    protected override byte[] Compute(byte[] segment, IpAddress source, IpAddress destination)
    {
        byte[] isns = new byte[8], addresses = new byte[32], extension = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(isns, SenderIsn);
        BinaryPrimitives.WriteUInt32BigEndian(isns.AsSpan(4), ReceiverIsn);
        BinaryPrimitives.WriteUInt32BigEndian(extension, Extension);
        int length = source.WriteTo(addresses);
        length += destination.WriteTo(addresses.AsSpan(length));
        byte[] input = [1, .. "TCP-AO"u8, .. addresses[..length], .. segment[..4], .. isns, 0, 160];
        byte[] traffic = HMACSHA1.HashData(System.Text.Encoding.ASCII.GetBytes(MasterKey), input);
        byte[] message = [.. extension, .. PseudoHeader(source, destination, segment.Length), .. WithoutChecksum(segment)];
        return HMACSHA1.HashData(traffic, message);
    }
}
