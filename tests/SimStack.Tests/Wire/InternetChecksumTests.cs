using FsCheck;
using FsCheck.Fluent;
using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Wire;

public sealed class InternetChecksumTests
{
    // RFC 1071 §1, word by word in network order.
    private static ushort Naive(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i < data.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)data[i] << 8 : data[i];
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    [Fact]
    public void Rfc1071Example()
    {
        // RFC 1071 §3: the words sum to ddf2.
        byte[] data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        Assert.Equal((ushort)0x220d, InternetChecksum.Compute(data));
    }

    [Fact]
    public void EqualsNaiveAtEveryLengthAndAlignment()
    {
        byte[] data = new Gen(1).Bytes(3000);
        for (int length = 0; length <= 700; length++)
        {
            for (int start = 0; start < 9; start++)
            {
                Assert.Equal(Naive(data.AsSpan(start, length)), InternetChecksum.Compute(data.AsSpan(start, length)));
            }
        }

        foreach (int length in new[] { 1459, 1460, 1461, 1500, 2047, 2048, 2991 })
        {
            Assert.Equal(Naive(data.AsSpan(3, length)), InternetChecksum.Compute(data.AsSpan(3, length)));
        }
    }

    [Fact]
    public void CarriesAreNotLost()
    {
        byte[] ones = new byte[65_536];
        ones.AsSpan().Fill(0xFF);
        for (int length = 65_000; length <= 65_536; length += 7)
        {
            Assert.Equal(Naive(ones.AsSpan(0, length)), InternetChecksum.Compute(ones.AsSpan(0, length)));
        }
    }

    [Fact]
    public void AnyBytesLikeNaive() =>
        Prop.ForAll<byte[]>(data => Naive(data) == InternetChecksum.Compute(data))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(7UL, 9UL));

    [Fact]
    public void PartsOfEvenLengthChain()
    {
        byte[] data = new Gen(2).Bytes(1501);
        for (int cut = 0; cut < 1501; cut += 2)
        {
            ulong sum = InternetChecksum.Sum(data.AsSpan(cut), InternetChecksum.Sum(data.AsSpan(0, cut)));
            Assert.Equal(Naive(data), InternetChecksum.Fold(sum));
        }
    }

    [Fact]
    public void SumAndCopyDoesBothAndWritesNothingBeyond()
    {
        byte[] data = new Gen(3).Bytes(1600);
        for (int length = 0; length <= 1500; length += length < 300 ? 1 : 37)
        {
            byte[] copy = new byte[length + 3];
            ulong sum = InternetChecksum.SumAndCopy(data.AsSpan(5, length), copy.AsSpan(1, length), 0);
            Assert.Equal(Naive(data.AsSpan(5, length)), InternetChecksum.Fold(sum));
            Assert.True(data.AsSpan(5, length).SequenceEqual(copy.AsSpan(1, length)));
            Assert.Equal(0, copy[0] | copy[length + 1] | copy[length + 2]);
        }

        Assert.Throws<ArgumentException>(() => InternetChecksum.SumAndCopy(new byte[2], new byte[1]));
    }

    [Fact]
    public void PseudoHeaderEqualsItsBytes()
    {
        Gen gen = new(4);
        for (int i = 0; i < 500; i++)
        {
            bool v4 = gen.Coin();
            IpAddress source = v4 ? gen.V4() : gen.V6();
            IpAddress destination = v4 ? gen.V4() : gen.V6();
            int length = gen.Below(65_536);
            byte[] bytes = new byte[v4 ? 12 : 40];
            source.WriteTo(bytes);
            destination.WriteTo(bytes.AsSpan(v4 ? 4 : 16));
            bytes[v4 ? 9 : 39] = 6;
            bytes[v4 ? 10 : 34] = (byte)(length >> 8);
            bytes[v4 ? 11 : 35] = (byte)length;
            ulong sum = InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, length);
            Assert.Equal(Naive(bytes), InternetChecksum.Fold(sum));
        }
    }
}
