using SimNet.Capture;
using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Ip;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>
/// Feeds simulated hosts with what a capture's other side sent, at its times. The hosts choose numbers and ports of their own: where the
/// captured packets answer those of the captured host, they are changed into answers to the simulated one's.
/// </summary>
/// <remarks>
/// The captured side cannot react: it repeats what it lost then, acknowledges what it got then, and sends no more than it did. A packet waits
/// until the simulated host has sent something that it can acknowledge (<see cref="CaptureFeedOptions.Patience"/>), and then as long as it did after
/// the captured host, which keeps the conversation together when a program is slower than it was; and it acknowledges no more than the host has
/// sent, when that is less.
/// </remarks>
public sealed class CaptureFeed : IDisposable
{
    private const int EventsAtOnce = 4096;
    private readonly Simulation _simulation;
    private readonly BridgePort _port;
    private readonly CaptureFeedOptions _options;
    private readonly FieldNeighbours _neighbours;
    private readonly FieldFlows _flows = new();
    private readonly Dictionary<IpAddress, IpAddress> _own = [];
    private readonly IDisposable _attachment;
    private Duration _shift;
    private long? _first;

    /// <summary>Begins; nothing has run yet.</summary>
    /// <param name="simulation">The network.</param>
    /// <param name="port">Where the packets enter.</param>
    /// <param name="addresses">Who talks in the capture.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="InvalidDataException">It is not plain whose part the simulated hosts play; the message says what to write.</exception>
    public CaptureFeed(Simulation simulation, BridgePort port, CaptureAddresses addresses, CaptureFeedOptions? options = null)
    {
        _simulation = simulation;
        _port = port;
        _options = options ?? new CaptureFeedOptions();
        _neighbours = new FieldNeighbours(simulation, port);
        FindOwn(addresses);
        foreach (IpAddress peer in addresses.All.Where(a => !_own.ContainsKey(a)))
        {
            _neighbours.AddRoute(peer);
        }

        _attachment = port.Tap.Attach(new Departures(_flows));
        port.Leaving = Leave;
    }

    /// <summary>What became of the frames.</summary>
    public CaptureFeedCounters Counters { get; } = new();

    /// <summary>Whose part is played: the address in the capture, and the simulated host's.</summary>
    public IReadOnlyDictionary<IpAddress, IpAddress> Own => _own;

    /// <summary>How much later than captured the last packet came, because packets had to wait.</summary>
    public Duration Delay => _shift;

    /// <summary>Feeds what a reader still has to give; what the hosts do after the last packet is left to be run.</summary>
    /// <exception cref="CaptureFormatException">The file is damaged; what came before has been fed.</exception>
    /// <exception cref="InvalidDataException">A packet has no time, or one beyond the simulation's limit.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(CaptureReader reader, CancellationToken stop = default)
    {
        while (reader.TryRead(out CapturedPacket packet))
        {
            stop.ThrowIfCancellationRequested();
            Counters.Frames++;
            if (!packet.HasTimestamp)
            {
                throw new InvalidDataException(FormattableString.Invariant($"frame {Counters.Frames} has no time; packets are fed at their times"));
            }

            _first ??= packet.UnixNanoseconds;
            if (!FieldFrame.TryRead(packet, out byte[] frame, out bool filled))
            {
                Counters.Unreadable++;
                continue;
            }

            Counters.Filled += Feed(SinceFirst(packet.UnixNanoseconds), frame, stop) && filled ? 1 : 0;
        }
    }

    /// <summary>Lets go of the port.</summary>
    public void Dispose()
    {
        _attachment.Dispose();
        _port.Leaving = null;
    }

    /// <exception cref="InvalidDataException">It is later than the run may last.</exception>
    private Duration SinceFirst(long time)
    {
        Int128 since = (Int128)time - _first!.Value;
        Duration most = _simulation.Options.Limits.VirtualTime - _options.Start - _shift;
        return since <= most.Nanoseconds ? new Duration((long)Int128.Max(since, -most.Nanoseconds)) : throw new InvalidDataException(
            FormattableString.Invariant($"frame {Counters.Frames} comes {(double)since / 1e9:F0} s after the first, and the run may last {_simulation.Options.Limits.VirtualTime}; is its time right?"));
    }

    private bool Feed(Duration time, byte[] frame, CancellationToken stop)
    {
        FrameSummary packet = new(default, LinkSide.AToB, 0, frame);
        if (packet.EtherType == EtherType.Arp || (packet.Protocol == IpProtocol.IcmpV6 && packet.IcmpType is >= 133 and <= 137))
        {
            Counters.Neighbours++;
            return false;
        }

        if (!packet.IsIp)
        {
            Counters.Unreadable++;
            return false;
        }

        if (_own.ContainsKey(packet.Source))
        {
            Counters.Own++;
            if (_options.AdaptsNumbers)
            {
                _flows.CapturedSent(packet, Instant.Zero + _options.Start + time);
            }

            return false;
        }

        IpAddress own = packet.Destination;
        bool isGroup = own.IsMulticast || own == IpAddress.BroadcastV4;
        if ((!isGroup && !_own.TryGetValue(packet.Destination, out own)) || _options.Filter?.Invoke(packet.Source, packet.SourcePort, packet.Protocol) == false)
        {
            Counters.Others++;
            return false;
        }

        return Enter(time, frame, packet, own, stop);
    }

    private bool Enter(Duration time, byte[] frame, in FrameSummary packet, IpAddress own, CancellationToken stop)
    {
        FieldFlow? flow = _options.AdaptsNumbers && own != default && !own.IsMulticast ? _flows.Arriving(packet, own) : null;
        if (packet.IsTcp && flow is null && _options.AdaptsNumbers)
        {
            Counters.WithoutBeginning++;
            return false;
        }

        // Frames of several processors stand out of order by microseconds: time does not go back.
        Instant due = Instant.Max(_simulation.Now, Instant.Zero + _options.Start + time + _shift);
        RunUntil(due, stop);
        bool ready = flow is null || Ready(flow, packet, Instant.Zero + _options.Start + time, stop);
        _shift += _simulation.Now - due;
        if (!ready)
        {
            Counters.Unasked++;
            return false;
        }

        FieldRewriter.Rewrite(frame, packet, own, flow, _flows);
        ChecksumMender.Mend(frame);
        _neighbours.Address(frame, own);
        Counters.Entered++;
        _port.Enter(_simulation.Now, _simulation.FramePool.Copy(frame));
        return true;
    }

    /// <summary>Waits until the simulated host has sent what the packet answers; false when the packet makes no sense without.</summary>
    private bool Ready(FieldFlow flow, in FrameSummary packet, Instant captured, CancellationToken stop)
    {
        bool acknowledges = packet.IsTcp && (packet.Flags & TcpFlags.Ack) != 0;
        if (!acknowledges && !flow.IsActive)
        {
            return true;
        }

        SequenceNumber acknowledged = packet.Acknowledgment;
        bool HasBegun() => flow.Simulated is not null && (flow.Protocol != IpProtocol.Tcp || flow.SimulatedFirst is not null);
        bool HasSent() => !acknowledges || flow.Answers(acknowledged);
        Instant limit = flow.IsGivenUp ? _simulation.Now : _simulation.Now + _options.Patience;
        while (!(HasBegun() && HasSent()) && _simulation.Loop.NextDue <= limit)
        {
            stop.ThrowIfCancellationRequested();
            _simulation.Loop.Step();
        }

        if (!HasBegun())
        {
            flow.IsGivenUp = true;
            return false;
        }

        flow.IsGivenUp |= !HasSent();
        if (acknowledges && flow.NotBefore(acknowledged, captured) is { } earliest && earliest > _simulation.Now && _options.Patience > Duration.Zero)
        {
            RunUntil(earliest, stop);
        }

        Counters.Premature += acknowledges && acknowledged + flow.Shift > flow.SimulatedNext ? 1 : 0;
        return true;
    }

    private void RunUntil(Instant time, CancellationToken stop)
    {
        while (!_simulation.Loop.RunUntil(time, EventsAtOnce))
        {
            stop.ThrowIfCancellationRequested();
        }
    }

    private void Leave(Instant now, Frame frame)
    {
        _neighbours.Answer(now, frame.Bytes);
        _simulation.FramePool.Return(frame);
    }

    private void FindOwn(CaptureAddresses addresses)
    {
        IpAddress[] simulated = [.. _neighbours.Addresses];
        foreach ((IpAddress captured, IpAddress own) in _options.As)
        {
            if (!simulated.Contains(own) || captured.IsV4 != own.IsV4)
            {
                throw new InvalidDataException($"no simulated host has the address {own}; theirs are {string.Join(", ", simulated)}");
            }

            _own[captured] = own;
        }

        foreach (IpAddress address in _own.Count == 0 ? addresses.All.Where(simulated.Contains) : [])
        {
            _own[address] = address;
        }

        foreach (IpAddress address in _own.Count == 0 ? addresses.CapturedAt : [])
        {
            IpAddress[] possible = [.. simulated.Where(s => s.IsV4 == address.IsV4)];
            if (possible.Length == 1)
            {
                _own[address] = possible[0];
            }
        }

        if (_own.Count == 0)
        {
            throw new InvalidDataException(
                $"whose part is played? none of the simulated addresses ({string.Join(", ", simulated)}) is in the capture, whose are {string.Join(", ", addresses.All.Take(8))}{(addresses.All.Count > 8 ? "…" : "")}; "
                + $"say so: --as {addresses.All.FirstOrDefault()}={simulated.FirstOrDefault()}");
        }
    }

    private sealed class Departures(FieldFlows flows) : PacketSink
    {
        public override void OnFrame(
            Instant now, CapturePoint point, ReadOnlySpan<byte> frame, CaptureDirection direction, long frameId, string? comment)
        {
            if (direction == CaptureDirection.Outbound)
            {
                flows.SimulatedSent(new FrameSummary(now, LinkSide.AToB, 0, frame));
            }
        }
    }
}
