using System.Globalization;
using SimNet.Capture;
using SimNet.Scripting.Comparison;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>The TCP connections of packets that were captured at one place.</summary>
internal sealed class CapturedConnections
{
    private readonly string _name;
    private readonly ConversationTable _table = new();
    private readonly Dictionary<PacketFacts, byte[]> _options = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PacketFacts, CaptureDirection> _directions = new(ReferenceEqualityComparer.Instance);
    private long _frames;
    private long _withoutTime;

    /// <param name="name">Where the packets are from, for messages.</param>
    public CapturedConnections(string name) => _name = name;

    /// <summary>How many connections there are.</summary>
    public int Count => Connections().Length;

    /// <summary>Reads a file.</summary>
    /// <exception cref="RecordingException">It has no TCP connection.</exception>
    /// <exception cref="CaptureFormatException">It is no capture, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static CapturedConnections Read(string path)
    {
        using CaptureReader reader = CaptureReader.Open(path);
        var connections = new CapturedConnections(path);
        long? start = null;
        while (reader.TryRead(out CapturedPacket packet))
        {
            start ??= packet.HasTimestamp ? packet.UnixNanoseconds : null;
            connections.Add(packet, reader.PacketCount, packet.HasTimestamp ? unchecked(packet.UnixNanoseconds - start!.Value) : null);
        }

        if (reader.Truncation is { } truncation)
        {
            throw new RecordingException($"{path}: {truncation}");
        }

        if (connections._withoutTime > 0)
        {
            throw new RecordingException($"{path}: packets without times cannot be made a script of");
        }

        return connections;
    }

    /// <summary>Takes the next packet.</summary>
    /// <param name="packet">As captured.</param>
    /// <param name="frame">Its number.</param>
    /// <param name="time">Nanoseconds since some beginning; null: not known.</param>
    public void Add(in CapturedPacket packet, long frame, long? time)
    {
        _frames++;
        if (PacketDissector.Read(packet) is not { } facts)
        {
            return;
        }

        _withoutTime += time is null ? 1 : 0;
        (facts.Frame, facts.Time, facts.HasTime) = (frame, time ?? 0, time is not null);
        if (facts.Kind == PacketKind.Tcp)
        {
            _options[facts] = facts.OptionBytes;
        }

        _directions[facts] = packet.Direction;
        _table.Add(facts);
    }

    /// <summary>Takes one connection out.</summary>
    /// <param name="number">Counted from 1 in the order of first packets.</param>
    /// <param name="side">Whose script it shall be; null: of the host at whose interface the packets were captured.</param>
    /// <exception cref="RecordingException">There is no such connection, or its beginning is missing.</exception>
    public RecordedConnection Take(int number, RecordingSide? side)
    {
        Conversation[] all = Connections();
        if (all.Length == 0)
        {
            throw new RecordingException(_frames == 0 ? $"{_name}: there is no packet in it" : $"{_name}: there is no TCP connection in it");
        }

        if (number > all.Length)
        {
            string count = all.Length == 1 ? "is 1 connection" : string.Create(CultureInfo.InvariantCulture, $"are {all.Length} connections");
            throw new RecordingException(string.Create(CultureInfo.InvariantCulture, $"{_name}: there {count}, and no number {number}"));
        }

        Conversation found = all[number - 1];
        RecordingSide whose = side ?? CaptureSide.Of(found, _directions);
        // A SYN-ACK first: the SYN is missing. What comes before the SYN, as a RST of an old connection, is none of this one's.
        List<PacketFacts> packets = [.. found.Packets.SkipWhile(p => !p.Has(TcpFlags.Syn)).Where(p => p.Kind is PacketKind.Tcp or PacketKind.IcmpError)];
        if (packets.Count == 0 || packets[0].Has(TcpFlags.Ack))
        {
            throw new RecordingException(string.Create(
                CultureInfo.InvariantCulture, $"{_name}: the SYN of TCP connection {number} was not captured; a script begins with it"));
        }

        return new RecordedConnection
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"TCP connection {number} of {Path.GetFileName(_name)}"),
            Side = whose,
            IsV6 = packets[0].IsV6,
            Packets = [.. packets.Select(p => new RecordedPacket(p, _options.GetValueOrDefault(p, []), p.FromInitiator == (whose == RecordingSide.Client)))],
        };
    }

    private Conversation[] Connections() => [.. _table.Conversations.Where(c => c.Kind == PacketKind.Tcp)];
}
