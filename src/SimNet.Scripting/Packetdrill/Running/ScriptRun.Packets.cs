using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Matching;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>Packet lines.</summary>
internal sealed partial class ScriptRun
{
    // How much longer than allowed an expected packet is waited for, only to tell when it came.
    private static readonly Duration Patience = Duration.FromSeconds(10);

    // "*": any time.
    private static readonly Duration AnyTime = Duration.FromSeconds(86_400);

    private PacketdrillFailure? RunPacket(ScheduledEvent scheduled, PacketSpec spec)
    {
        if (ScriptPacket.Make(spec, _settings.IsV6, out PacketRefusal? refusal) is not { } packet)
        {
            return new PacketdrillFailure(refusal!.Position, refusal.Message) { UnsupportedFeature = refusal.Feature };
        }

        if (_exchange.FindSocket(packet) is not { } socket)
        {
            return new PacketdrillFailure(
                spec.Position, $"expected a socket for `{packet.Text()}` got {(_machine.Sockets.UnderTest is null ? "none" : "one of another protocol")}");
        }

        return spec.Direction == PacketDirection.Outbound
            ? Expect(scheduled, packet, socket)
            : WaitFor(scheduled, "inbound packet") ?? Inject(packet, socket);
    }

    private PacketdrillFailure? Inject(ScriptPacket packet, SocketUnderTest socket) =>
        _exchange.Inject(packet, socket) is { } reason
            ? new PacketdrillFailure(packet.Spec.Position, $"cannot inject `{packet.Text()}`: {reason}")
            : null;

    // Not before the event is due, but from now on: a packet that comes too early is told as such.
    private PacketdrillFailure? Expect(ScheduledEvent scheduled, ScriptPacket script, SocketUnderTest socket)
    {
        PacketExchange.NoteExpectation(script, socket);
        bool isTimed = scheduled.Event.Time.Kind is not EventTimeKind.Any;
        _soonest = isTimed ? _timeline.ToLive(scheduled.Time) - _timeline.ToleranceOf(scheduled) : new Instant(long.MinValue);
        PacketdrillFailure? failure = ExpectFrom(scheduled, script, socket);
        _soonest = new Instant(long.MinValue);
        return failure;
    }

    private PacketdrillFailure? ExpectFrom(ScheduledEvent scheduled, ScriptPacket script, SocketUnderTest socket)
    {
        List<PacketImage> parts = [];
        int wanted = script.Image.Payload.Length;
        int length = 0;
        Instant left;
        do
        {
            if (Await(scheduled, script, socket, parts, out (LivePacket Packet, PacketImage Image) live) is { } failure)
            {
                return failure;
            }

            if (script.SignatureKey is { } key)
            {
                PacketSignature.TakeOff(live.Image, live.Packet.Bytes.Span, key);
            }

            PacketExchange.ToScript(live.Image, socket);
            if (parts.Count > 0 && !IsSameConnection(parts[^1], live.Image))
            {
                // A late SYN of a socket before this one, whose port was not known yet: as the original does, begin anew.
                parts.Clear();
                length = 0;
            }

            if (parts.Count > 0 && CheckPart(parts[^1], live.Image, wanted - length) is { } odd)
            {
                NumberMap.MapTimestamps(script.Image, live.Image, socket);
                return Mismatch(script, live.Image, odd);
            }

            parts.Add(live.Image);
            length += live.Image.Payload.Length;
            left = live.Packet.Time;
            _trace?.Read.Add(((PacketEvent)scheduled.Event, live.Packet));
        }
        while (length < wanted && !_settings.StrictSegments);

        PacketImage actual = Join(parts, length);
        NumberMap.MapTimestamps(script.Image, actual, socket);
        if (PacketComparer.Compare(script, actual, socket, _settings.TimestampTolerance) is { } difference)
        {
            return Tolerate(Mismatch(script, actual, difference));
        }

        return _timeline.Verify(scheduled, left, "outbound packet") is { } late
            ? Tolerate(new PacketdrillFailure(script.Spec.Position, $"{late}: `{script.Text()}`")
            {
                ExpectedPacket = script.Text(),
                ActualPacket = script.TextOf(actual),
            })
            : null;
    }

    /// <summary>The packet came, and is not as it should be: with --non_fatal=packet that is only told.</summary>
    private PacketdrillFailure? Tolerate(PacketdrillFailure failure)
    {
        if (!_settings.HasNonFatalPackets)
        {
            return failure;
        }

        AddOutput($"line {failure.Position.Line}: {failure.Message}");
        return null;
    }

    private PacketdrillFailure? Await(
        ScheduledEvent scheduled, ScriptPacket script, SocketUnderTest socket, List<PacketImage> parts,
        out (LivePacket Packet, PacketImage Image) live)
    {
        Instant limit = scheduled.Event.Time.Kind == EventTimeKind.Any
            ? _machine.Now + AnyTime
            : Instant.Max(_machine.Now, _timeline.ToLive(scheduled.End)) + _timeline.ToleranceOf(scheduled) + Patience;
        while (true)
        {
            if (_exchange.TakeNext(socket) is { } found)
            {
                live = found;
                return null;
            }

            if (!Step(limit, out PacketdrillFailure? failure))
            {
                live = default;
                string got = parts.Count == 0 ? "nothing" : $"only `{script.TextOf(Join(parts, parts.Sum(p => p.Payload.Length)))}`";
                return new PacketdrillFailure(script.Spec.Position, $"expected `{script.Text()}` got {got}") { ExpectedPacket = script.Text() };
            }

            if (failure is not null)
            {
                live = default;
                return failure;
            }
        }
    }

    private static bool IsSameConnection(PacketImage one, PacketImage other) =>
        one.SourcePort == other.SourcePort && one.DestinationPort == other.DestinationPort
        && one.Source == other.Source && one.Destination == other.Destination;

    // Several packets for one line: alike but for their ends, and all but the last of one size.
    private static string? CheckPart(PacketImage previous, PacketImage next, int missing)
    {
        if (PacketComparer.CompareContinuation(previous, next) is { } difference)
        {
            return $"{difference} of its part {next.Sequence}:{unchecked(next.Sequence + (uint)next.Payload.Length)}({next.Payload.Length})";
        }

        return next.Payload.Length < missing && next.Payload.Length != previous.Payload.Length
            ? $"parts of {previous.Payload.Length} and {next.Payload.Length} bytes"
            : null;
    }

    private static PacketImage Join(List<PacketImage> parts, int length)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        PacketImage whole = parts[^1].Copy();
        byte[] payload = new byte[length];
        int at = 0;
        foreach (PacketImage part in parts)
        {
            part.Payload.CopyTo(payload.AsMemory(at));
            at += part.Payload.Length;
        }

        whole.Payload = payload;
        whole.Sequence = parts[0].Sequence;
        whole.Flags = whole.Flags & ~TcpFlags.Cwr | parts[0].Flags & TcpFlags.Cwr;
        return whole;
    }

    private static PacketdrillFailure Mismatch(ScriptPacket script, PacketImage actual, string difference)
    {
        string expected = script.Text();
        string got = script.TextOf(actual);
        return new PacketdrillFailure(script.Spec.Position, $"expected `{expected}` got `{got}`: {difference}")
        {
            ExpectedPacket = expected,
            ActualPacket = got,
            Difference = difference,
        };
    }
}
