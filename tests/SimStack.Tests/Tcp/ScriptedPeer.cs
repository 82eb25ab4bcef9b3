using SimStack.Ip;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp;

/// <summary>The other end of a <see cref="Dialogue"/>: sends what the test says, and holds what the host sends against it.</summary>
internal sealed class ScriptedPeer
{
    private readonly Dialogue _net;
    private readonly Queue<SegmentPattern> _received = new();

    public ScriptedPeer(Dialogue net, IpEndpoint endpoint)
    {
        _net = net;
        Endpoint = endpoint;
    }

    public IpEndpoint Endpoint { get; }

    /// <summary>The host's end; set by its first SYN, or by whoever connects to a listening host.</summary>
    public IpEndpoint Host { get; set; }

    /// <summary>Segments that arrived and no test looked at.</summary>
    public int Waiting => _received.Count;

    /// <summary>The right edge of the window that the host offered last; without window scaling.</summary>
    public uint RightEdge { get; private set; }

    /// <summary>Sends a segment now, as a real frame with right checksums.</summary>
    public void Send(SegmentPattern segment)
    {
        byte[] data = segment.Data ?? Dialogue.Bytes(segment.Seq ?? 0, segment.Length ?? 0);
        _net.Deliver(Endpoint, Host, segment, data);
    }

    /// <summary>The next segment must be as the pattern says; returns it.</summary>
    public SegmentPattern Expect(SegmentPattern pattern)
    {
        _net.Drain();
        Assert.True(_received.Count > 0, $"expected {pattern}, but nothing was sent by {_net.Now}");
        SegmentPattern got = _received.Dequeue();
        string? difference = pattern.Difference(got);
        Assert.True(difference is null, $"expected {pattern}, got {got} at {got.At}: {difference} differs");
        return got;
    }

    /// <summary>The same, sent at that time since the beginning (in milliseconds, to the nanosecond unless a tolerance is given).</summary>
    public SegmentPattern ExpectAt(double milliseconds, SegmentPattern pattern, double tolerance = 0)
    {
        SegmentPattern got = Expect(pattern);
        double at = got.At.Nanoseconds / 1e6;
        Assert.True(Math.Abs(at - milliseconds) <= tolerance, $"expected {pattern} at {milliseconds} ms, got it at {at} ms");
        return got;
    }

    public void ExpectNothing()
    {
        _net.Drain();
        Assert.True(_received.Count == 0, _received.Count == 0 ? "" : $"expected nothing, got {_received.Peek()} at {_received.Peek().At}");
    }

    /// <summary>Takes the next segment, or null.</summary>
    public SegmentPattern? Take()
    {
        _net.Drain();
        return _received.TryDequeue(out SegmentPattern? segment) ? segment : null;
    }

    /// <summary>Forgets what arrived.</summary>
    public void Ignore()
    {
        _net.Drain();
        _received.Clear();
    }

    private static string? CookieOf(in TcpOptions options)
    {
        Span<byte> cookie = stackalloc byte[TcpOptions.MaxFastOpenCookie];
        return options.HasFastOpen ? Convert.ToHexStringLower(cookie[..options.GetFastOpenCookie(cookie)]) : null;
    }

    internal void Take(in TcpView view, Instant at, ushort hostPort, IpAddress hostAddress, bool followed)
    {
        Host = new IpEndpoint(hostAddress, hostPort);
        Assert.True(TcpOptions.TryParse(view.OptionBytes, out TcpOptions options), "the host sent options that can't be read");
        SackBlock[] blocks = new SackBlock[options.SackCount];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = options.GetSack(i);
        }

        RightEdge = view.Acknowledgment.Value + view.Window;
        _received.Enqueue(new SegmentPattern
        {
            Flags = view.Flags,
            Seq = view.Sequence.Value,
            Ack = view.Acknowledgment.Value,
            Data = view.Payload.ToArray(),
            Window = view.Window,
            UrgentPointer = view.UrgentPointer,
            MssOption = options.Mss,
            ScaleOption = options.WindowScale,
            SackPermittedOption = options.SackPermitted,
            HasTimestamps = options.HasTimestamps,
            TsVal = options.TsVal,
            TsEcr = options.TsEcr,
            SackBlocks = blocks,
            Cookie = CookieOf(options),
            Received = new SignedBytes(view.Bytes.ToArray(), hostAddress, Endpoint.Address),
            At = at,
            Followed = followed,
        });
    }
}
