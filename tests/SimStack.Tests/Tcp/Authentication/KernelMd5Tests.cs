using SimStack.Ip;
using SimStack.Tcp;
using SimStack.Tcp.Authentication;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>
/// Segments of a connection between two Linux 6.18 hosts that had the key "orange" by TCP_MD5SIG: SYN, SYN-ACK, data and FIN. Their
/// checksums were left to the network card.
/// </summary>
public sealed class KernelMd5Tests
{
    private static readonly byte[] Orange = "orange"u8.ToArray();

    public static TheoryData<string, string> Segments => new()
    {
        { "10.77.0.1 10.77.0.2", "9c4006fec79480e400000000d002faf014d70000010113124b2e93b09e0c9ce19bfd5d6c88a8db2e020405b4010104020103030a" },
        { "10.77.0.2 10.77.0.1", "06fe9c4011d3de89c79480e5d012faf014d7000001011312d96d3f487d00af81a5eafec019c47300020405b4010104020103030a" },
        { "10.77.0.1 10.77.0.2", "9c4006fec79480e511d3de8aa018003f14d00000010113123ee3c7d83cab5d0411d1f3911a66167668656c6c6f" },
        { "10.77.0.2 10.77.0.1", "06fe9c4011d3f212c79480eba011003f14cb00000101131201752371bfe2a9029fec022f9f1cb35d" },
        { "fd77::1 fd77::2", "9c4006fefb2c2a2100000000d002fd20fb2c00000101131200b75b405eb7df4a374bac3249db319c020405a0010104020103030a" },
        { "fd77::2 fd77::1", "06fe9c40109f0c40fb2c2a22d012fd20fb2c00000101131232ccea5a591e77f3e09f5e9c93e27168020405a0010104020103030a" },
        { "fd77::1 fd77::2", "9c4006fefb2c2a22109f0c41a0180040fb25000001011312b3d6b11979c25ab85d876a03ed97005b68656c6c6f" },
        { "fd77::2 fd77::1", "06fe9c40109f1fc9fb2c2a28a0110040fb20000001011312e31b47c8282aa7c47806b3a701d81d91" },
    };

    [Theory]
    [MemberData(nameof(Segments))]
    public void The_same_segment_gets_the_same_signature(string addresses, string hex)
    {
        byte[] segment = Convert.FromHexString(hex);
        byte[] signed = (byte[])segment.Clone();
        int header = segment[12] >> 4 << 2;
        Assert.True(TcpOptions.TryParse(segment.AsSpan(20, header - 20), out TcpOptions options));
        signed.AsSpan(20 + options.Md5Offset, 16).Clear();
        (IpAddress source, IpAddress destination) = Parse(addresses);
        new SegmentSigner().Sign(signed, header, SigningKey.OfMd5(Orange), source, destination);
        Assert.Equal(hex, Convert.ToHexStringLower(signed));
    }

    [Theory]
    [MemberData(nameof(Segments))]
    public void The_signature_is_found_right(string addresses, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.True(IsSigned(Orange));
        Assert.False(IsSigned("Orange"u8.ToArray()));
        bytes[4] ^= 1;
        Assert.False(IsSigned(Orange));

        bool IsSigned(byte[] key)
        {
            TcpSegment segment = new() { Bytes = bytes };
            Assert.True(TcpOptions.TryParse(bytes.AsSpan(20, (bytes[12] >> 4 << 2) - 20), out segment.Options));
            (segment.Source, segment.Destination) = Parse(addresses);
            return new SegmentSigner().IsSignedBy(key, segment);
        }
    }

    private static (IpAddress Source, IpAddress Destination) Parse(string addresses)
    {
        string[] parts = addresses.Split(' ');
        return (IpAddress.Parse(parts[0]), IpAddress.Parse(parts[1]));
    }
}
