using System.Globalization;
using SimNet.Capture;
using SimNet.Scripting.Comparison;

namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>The TCP connections of packets that were captured at one place.</summary>
internal sealed class CapturedConnections
{
    private const long LargestStepBack = 1_000_000;

    private readonly string _name;
    private readonly ConversationTable _table = new();
    private readonly Dictionary<PacketFacts, byte[]> _options = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PacketFacts, CaptureDirection> _directions = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PacketFacts, int> _interfaces = new(ReferenceEqualityComparer.Instance);
    private long _frames;
    private long _withoutTime;
    private long _cut;
    private CaptureLinkType? _unknownLink;

    /// <param name="name">Where the packets are from, for messages.</param>
    public CapturedConnections(string name) => _name = name;

    /// <summary>How many connections there are.</summary>
    public int Count => Connections().Length;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops it, as files may be large.</param>
    /// <exception cref="RecordingException">It has no TCP connection.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="CaptureFormatException">It is no capture, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static CapturedConnections Read(string path, CancellationToken cancellationToken = default)
    {
        using CaptureReader reader = CaptureReader.Open(path);
        var connections = new CapturedConnections(path);
        long? start = null;
        while (reader.TryRead(out CapturedPacket packet))
        {
            cancellationToken.ThrowIfCancellationRequested();
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
            _cut += packet.IsCut ? 1 : 0;
            _unknownLink ??= LinkLayer.IsKnown(packet.LinkType) ? null : packet.LinkType;
            return;
        }

        _withoutTime += time is null ? 1 : 0;
        (facts.Frame, facts.Time, facts.HasTime) = (frame, time ?? 0, time is not null);
        if (facts.Kind == PacketKind.Tcp)
        {
            _options[facts] = facts.OptionBytes;
        }

        _directions[facts] = packet.Direction;
        _interfaces[facts] = packet.InterfaceId;
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
            throw new RecordingException($"{_name}: {WhyNone()}");
        }

        if (number > all.Length)
        {
            string count = all.Length == 1 ? "is 1 connection" : string.Create(CultureInfo.InvariantCulture, $"are {all.Length} connections");
            throw new RecordingException(string.Create(CultureInfo.InvariantCulture, $"{_name}: there {count}, and no number {number}"));
        }

        Conversation found = all[number - 1];
        RecordingSide whose = side ?? CaptureSide.Of(found, _directions);
        // A SYN-ACK first: the SYN is missing. What comes before the SYN, as a RST of an old connection, is none of this one's.
        int seenAt = _interfaces.GetValueOrDefault(found.Packets[0]);
        List<PacketFacts> packets = [.. found.Packets.Where(p => _interfaces.GetValueOrDefault(p) == seenAt).SkipWhile(p => !p.Has(TcpFlags.Syn)).Where(p => p.Kind is PacketKind.Tcp or PacketKind.IcmpError)];
        if (packets.Count == 0 || packets[0].Has(TcpFlags.Ack))
        {
            throw new RecordingException(string.Create(
                CultureInfo.InvariantCulture, $"{_name}: the SYN of TCP connection {number} was not captured; a script begins with it"));
        }

        CheckOrder(packets);
        return new RecordedConnection
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"TCP connection {number} of {Path.GetFileName(_name)}"),
            Side = whose,
            IsV6 = packets[0].IsV6,
            Packets = [.. packets.Select(p => new RecordedPacket(p, _options.GetValueOrDefault(p, []), p.FromInitiator == (whose == RecordingSide.Client)))],
        };
    }

    /// <summary>Whether the connection was captured at several interfaces of the file; the script is about what the first saw.</summary>
    public bool IsSeenTwice(int number) =>
        Connections()[number - 1].Packets.Select(p => _interfaces.GetValueOrDefault(p)).Distinct().Count() > 1;

    private string WhyNone() => _frames == 0 ? "there is no packet in it"
        : _unknownLink is { } link ? FormattableString.Invariant(
            $"its link type {(int)link} is not known; Ethernet, raw IP, Linux cooked and BSD loopback are read")
        : _cut > 0 ? FormattableString.Invariant($"there is no TCP connection in it; of {_cut} frames too little was captured to tell: capture more of each, as with tcpdump -s 0")
        : "there is no TCP connection in it";

    // Several processors may note packets some microseconds out of order, which is put right; what is more is a wrong order or a clock that was set.
    private void CheckOrder(List<PacketFacts> packets)
    {
        for (int i = 1; i < packets.Count; i++)
        {
            long back = packets[i - 1].Time - packets[i].Time;
            if (back > LargestStepBack)
            {
                throw new RecordingException(FormattableString.Invariant(
                    $"{_name}: frame {packets[i].Frame} is {back / 1e9:0.000000} s before the frame above it; frames must be in the order of their times, as reordercap puts them"));
            }

            packets[i].Time += Math.Max(back, 0);
        }
    }

    private Conversation[] Connections() => [.. _table.Conversations.Where(c => c.Kind == PacketKind.Tcp)];
}
