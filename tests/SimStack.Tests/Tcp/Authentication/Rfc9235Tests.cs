using SimStack.Ip;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tcp.Authentication;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Authentication;

/// <summary>RFC 9235: every one of its segments, of both algorithms and both versions of IP, with and without the other options covered.</summary>
public sealed class Rfc9235Tests
{
    private static readonly byte[] MasterKey = "testvector"u8.ToArray();

    public static TheoryData<string, string, string, string, string> Vectors
    {
        get
        {
            using var reader = new StreamReader(typeof(Rfc9235Tests).Assembly.GetManifestResourceStream("Rfc9235Vectors.txt")!);
            var table = new TheoryData<string, string, string, string, string>();
            while (reader.ReadLine() is { } line)
            {
                if (!line.StartsWith('#'))
                {
                    string[] fields = line.Split(' ');
                    table.Add(fields[0], fields[1], fields[2], fields[3], fields[4]);
                }
            }

            return table;
        }
    }

    [Fact]
    public void Nothing_is_missing() => Assert.Equal(32, Vectors.Count);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Key_and_MAC_are_those_of_the_RFC(string section, string clientIsn, string serverIsn, string trafficKey, string packet)
    {
        byte[] bytes = Convert.FromHexString(packet);
        bool v4 = bytes[0] >> 4 == 4;
        int ip = v4 ? 20 : 40;
        IpAddress source = IpAddress.FromBytes(v4 ? bytes.AsSpan(12, 4) : bytes.AsSpan(8, 16));
        IpAddress destination = IpAddress.FromBytes(v4 ? bytes.AsSpan(16, 4) : bytes.AsSpan(24, 16));
        byte[] tcp = bytes[ip..];
        Assert.True(TcpView.TryParse(tcp, out TcpView view, out _));
        Assert.True(TcpOptions.TryParse(view.OptionBytes, out TcpOptions options));
        Assert.Equal(12, options.MacLength);

        bool fromClient = view.DestinationPort == 179;
        uint client = Convert.ToUInt32(clientIsn, 16), server = Convert.ToUInt32(serverIsn, 16);
        bool first = view.Flags is TcpFlags.Syn or (TcpFlags.Syn | TcpFlags.Cwr | TcpFlags.Ece);
        AoKey key = KeyOf(section);
        AoSecret traffic = key.Derive(
            new IpEndpoint(source, view.SourcePort), new IpEndpoint(destination, view.DestinationPort),
            fromClient ? client : server, first ? 0 : fromClient ? server : client);
        Assert.Equal(trafficKey, Convert.ToHexStringLower(traffic.Key));

        TcpSegment segment = new() { Bytes = tcp, Options = options, Source = source, Destination = destination };
        var signer = new SegmentSigner();
        Assert.True(signer.IsSignedBy(key, traffic, 0, segment));
        Assert.False(signer.IsSignedBy(key, traffic, 1, segment));

        byte[] signed = (byte[])tcp.Clone();
        signed.AsSpan(20 + options.MacOffset, 12).Clear();
        signer.Sign(signed, view.HeaderLength, SigningKey.OfAo(key, traffic, options.RNextKeyId, 0), source, destination);
        Assert.Equal(tcp, signed);
    }

    [Fact]
    public void Excluded_options_may_change()
    {
        (_, string client, string server, _, string packet) = Vectors.First(row => row.Data.Item1 == "4.2").Data;
        byte[] tcp = Convert.FromHexString(packet)[20..];
        tcp[20 + 3] ^= 1; // The MSS.
        TcpSegment segment = new() { Bytes = tcp, Source = IpAddress.Parse("10.11.12.13"), Destination = IpAddress.Parse("172.27.28.29") };
        Assert.True(TcpOptions.TryParse(tcp.AsSpan(20, 36), out segment.Options));
        AoKey key = KeyOf("4.2");
        AoSecret traffic = key.Derive(
            new IpEndpoint(segment.Source, 0xFF12), new IpEndpoint(segment.Destination, 179), Convert.ToUInt32(client, 16), 0);
        Assert.True(new SegmentSigner().IsSignedBy(key, traffic, 0, segment));
        Assert.NotEqual("0", server);
    }

    private static AoKey KeyOf(string section)
    {
        var options = new TcpAoKey
        {
            Address = IpAddress.AnyV4,
            PrefixLength = 0,
            SendId = 0x3D,
            ReceiveId = 0x54,
            Algorithm = section[0] is '4' or '6' ? "hmac(sha1)" : "cmac(aes128)",
            Flags = section[2] == '2' ? TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT : TcpAoKeyFlags.None,
            Key = MasterKey,
        };
        Assert.Equal(Errno.OK, AoKey.TryCreate(options, out AoKey key));
        return key;
    }
}
