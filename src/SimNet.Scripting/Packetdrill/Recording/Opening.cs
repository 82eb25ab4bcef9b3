using System.Globalization;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>How the connection came about: the calls of its opening, and what follows from them.</summary>
internal sealed class Opening
{
    private const int Listener = 3;
    private readonly List<TimedCall> _calls = [];
    private readonly RecordedConnection _connection;

    /// <summary>Infers the calls.</summary>
    public Opening(RecordedConnection connection, SocketTraits traits)
    {
        _connection = connection;
        if (connection.IsActive)
        {
            Connect(traits);
        }
        else
        {
            Accept(traits);
        }
    }

    /// <summary>In order.</summary>
    public IReadOnlyList<TimedCall> Calls => _calls;

    /// <summary>The connection's descriptor.</summary>
    public int Descriptor { get; private set; }

    /// <summary>The index of the first packet behind the opening; the number of packets when it never came to an end.</summary>
    public int EstablishedBefore { get; private set; }

    private void Connect(SocketTraits traits)
    {
        IReadOnlyList<RecordedPacket> packets = _connection.Packets;
        Descriptor = Listener;
        long start = packets[0].Time;
        Add(start, 0, $"socket(..., SOCK_STREAM, IPPROTO_TCP) = {Descriptor}");
        foreach (string option in traits.Options(Descriptor))
        {
            Add(start, 0, option);
        }

        int answer = Find(packets, p => !p.Outbound && (p.IsSynAck || p.Has(TcpFlags.Rst)));
        EstablishedBefore = answer < packets.Count && packets[answer].IsSynAck ? answer + 1 : packets.Count;
        bool isGone = answer < packets.Count && packets.Skip(answer + 1).FirstOrDefault(p => p.Outbound) is { } reaction
            && reaction.Has(TcpFlags.Rst) && !reaction.Has(TcpFlags.Ack);
        if (answer == packets.Count || isGone)
        {
            // Nobody answers: a call that blocks would hold up the end of the script.
            Add(start, 0, $"fcntl({Descriptor}, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
            Add(start, 0, $"connect({Descriptor}, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
            if (isGone)
            {
                // The answer to a socket that is closed is a RST without ACK (RFC 9293 §3.10.7.1).
                EstablishedBefore = packets.Count;
                _calls.Add(new TimedCall(packets[answer].Time, answer, CallOrder.End, $"close({Descriptor}) = 0"));
            }

            return;
        }

        string result = packets[answer].IsSynAck ? "0" : "-1 ECONNREFUSED (Connection refused)";
        _calls.Add(new TimedCall(start, 0, CallOrder.Open, string.Create(CultureInfo.InvariantCulture, $"connect({Descriptor}, ..., ...) = {result}"), packets[answer].Time));
    }

    private void Accept(SocketTraits traits)
    {
        IReadOnlyList<RecordedPacket> packets = _connection.Packets;
        long start = packets[0].Time;
        Descriptor = Listener + 1;
        EstablishedBefore = packets.Count;
        int answer = Find(packets, p => p.Outbound);
        if (answer < packets.Count && packets[answer].Has(TcpFlags.Rst))
        {
            // Nobody listens.
            return;
        }

        Add(start, 0, $"socket(..., SOCK_STREAM, IPPROTO_TCP) = {Listener}");
        Add(start, 0, $"setsockopt({Listener}, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0");
        Add(start, 0, $"bind({Listener}, ..., ...) = 0");
        Add(start, 0, $"listen({Listener}, 16) = 0");
        int synAck = Find(packets, p => p.Outbound && p.IsSynAck);
        int last = Find(packets, p => !p.Outbound && p.Has(TcpFlags.Ack) && !p.Has(TcpFlags.Syn) && !p.Has(TcpFlags.Rst) && p.Ack >= 1, synAck + 1);
        if (last >= packets.Count)
        {
            return;
        }

        EstablishedBefore = last + 1;
        long time = packets[last].Time;
        _calls.Add(new TimedCall(time, EstablishedBefore, CallOrder.Accept, $"accept({Listener}, ..., ...) = {Descriptor}"));
        foreach (string option in traits.Options(Descriptor))
        {
            _calls.Add(new TimedCall(time, EstablishedBefore, CallOrder.Accept, option));
        }
    }

    private void Add(long time, int before, string text) => _calls.Add(new TimedCall(time, before, CallOrder.Open, text));

    private static int Find(IReadOnlyList<RecordedPacket> packets, Func<RecordedPacket, bool> wanted, int from = 0)
    {
        int i = from;
        while (i < packets.Count && !wanted(packets[i]))
        {
            i++;
        }

        return i;
    }
}
