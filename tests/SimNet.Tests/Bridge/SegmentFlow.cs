using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Tests.Bridge;

/// <summary>Frames as a sender's network card cuts them, of a random connection.</summary>
internal sealed class SegmentFlow
{
    private readonly System.Random _random;
    private readonly bool _isV4;
    private readonly bool _hasNoId;
    private readonly TcpOptions _options;
    private readonly int _segmentSize;
    private readonly ushort _port;
    private uint _sequence;
    private uint _acknowledgment;
    private ushort _id;

    public SegmentFlow(System.Random random)
    {
        _random = random;
        _isV4 = random.Next(2) == 0;
        _hasNoId = random.Next(2) == 0;
        _segmentSize = random.Next(2) == 0 ? 1448 : random.Next(8, 1448);
        _port = (ushort)random.Next(1024, ushort.MaxValue);
        // Near the end of their ranges now and then.
        _sequence = unchecked((uint)random.Next(-100_000, 100_000));
        _acknowledgment = (uint)random.Next();
        _id = (ushort)random.Next(65_500, 65_600);
        _options = random.Next(2) == 0 ? default : new TcpOptions { HasTimestamps = true, TsVal = 7, TsEcr = (uint)random.Next() };
    }

    /// <summary>The segments of one packet; all but the last are marked as followed.</summary>
    public List<Frame> Packet(FramePool pool)
    {
        _acknowledgment += (uint)_random.Next(0, 2);
        _id = _hasNoId ? (ushort)0 : _id;
        int count = _random.Next(1, Math.Min(60, 60_000 / _segmentSize));
        List<Frame> frames = [];
        for (int i = 1; i <= count; i++)
        {
            bool last = i == count;
            int length = last ? _random.Next(1, _segmentSize + 1) : _segmentSize;
            TcpFlags ending = last ? (TcpFlags)_random.Next(2) | (_random.Next(2) == 0 ? TcpFlags.Psh : TcpFlags.None) : TcpFlags.None;
            frames.Add(Segment(pool, length, TcpFlags.Ack | ending));
            frames[^1].GroupFollows = !last;
        }

        return frames;
    }

    private Frame Segment(FramePool pool, int length, TcpFlags flags)
    {
        IpAddress from = IpAddress.Parse(_isV4 ? "10.9.0.1" : "fd09::1"), to = IpAddress.Parse(_isV4 ? "10.9.0.2" : "fd09::2");
        int ip = _isV4 ? Ipv4View.MinHeaderLength : Ipv6View.HeaderLength;
        Frame frame = pool.Rent(EthernetView.HeaderLength + ip + TcpView.MaxHeaderLength + length);
        Span<byte> bytes = frame.Bytes;
        EthernetWriter.Write(bytes, new MacAddress(2), new MacAddress(4), _isV4 ? EtherType.Ipv4 : EtherType.Ipv6);
        Span<byte> tcp = bytes[(EthernetView.HeaderLength + ip)..];
        int header = TcpWriter.Write(
            tcp, _port, 80, new SequenceNumber(_sequence), new SequenceNumber(_acknowledgment), flags, 500, 0, _options, SimStack.Profiles.Profile.Linux.OptionLayout);
        _random.NextBytes(tcp.Slice(header, length));
        tcp = tcp[..(header + length)];
        TcpWriter.WriteChecksum(tcp, from, to);
        if (_isV4)
        {
            Ipv4Writer.Write(bytes[EthernetView.HeaderLength..], from, to, IpProtocol.Tcp, tcp.Length, id: _id);
            _id += _hasNoId ? (ushort)0 : (ushort)1;
        }
        else
        {
            Ipv6Writer.Write(bytes[EthernetView.HeaderLength..], from, to, IpProtocol.Tcp, tcp.Length);
        }

        frame.Length = EthernetView.HeaderLength + ip + tcp.Length;
        _sequence = unchecked(_sequence + (uint)length + ((uint)flags & 1));
        return frame;
    }
}
