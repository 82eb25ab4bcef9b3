using SimStack.Sockets;

namespace SimStack.Tcp;

/// <summary>
/// The receive buffer follows what the reader takes in a round trip, as Linux 6.18 has it, so that the window never is what limits the
/// sender (tcp_rcv_space_adjust, tcp_rcvbuf_grow).
/// </summary>
internal sealed partial class TcpConnection
{
    private uint _lastEcho;

    /// <summary>What is taken for read in the first round trip: ten segments, unless the window was less (tcp_init_buffer_space).</summary>
    private int FirstReceiveSpace =>
        Math.Min(Math.Min(_windowThreshold, _rcv.Wnd), 10 * AdvertisedData);

    private bool IsReceiveQueueEmpty => _rcv.Nxt == _copied;

    /// <summary>
    /// A full segment that echoes a timestamp not seen before tells the round trip (tcp_rcv_rtt_measure_ts). Timestamps count milliseconds,
    /// and less than one is no sample.
    /// </summary>
    private void MeasureEcho(Instant now, scoped in TcpSegment segment)
    {
        if (!ChargesMemory || !segment.Options.HasTimestamps || segment.Options.TsEcr == _lastEcho)
        {
            return;
        }

        _lastEcho = segment.Options.TsEcr;
        if (segment.Length < _receivedMss || _lastEcho == 0)
        {
            return;
        }

        uint milliseconds = unchecked(TimestampNow(now) - _lastEcho);
        if (milliseconds is > 0 and < int.MaxValue / 1000)
        {
            Received.Sizing.AddSample(milliseconds * 1000L, byWindow: false, IsReceiveQueueEmpty);
        }
    }

    /// <summary>Data was read, as much of it as lay in one buffer.</summary>
    private void TuneAfterRead(Instant now)
    {
        if (_received is { } received && ChargesMemory)
        {
            int read = received.Sizing.TakeRead(now, _copied, _rcv.Nxt - _copied);
            if (read > 0)
            {
                GrowReceiveBuffer(read);
            }
        }
    }

    /// <summary>
    /// So much was read in a round trip: the buffer has room for twice that and for what the sender, which may double its rate, will have
    /// added meanwhile, and besides for what waits ahead of a hole (tcp_rcvbuf_grow).
    /// </summary>
    private void GrowReceiveBuffer(int space)
    {
        int before = Math.Max(1, Received.Sizing.Space);
        Received.Sizing.Space = space;
        if (!Sysctls.ModerateReceiveBuffer || _receiveBufferLocked)
        {
            return;
        }

        long window = 2L * space;
        window += Growth(window, space, before);
        if (_outOfOrder is { Count: > 0 })
        {
            window += _outOfOrder.HighestEnd - _rcv.Nxt;
        }

        int limit = (int)Math.Min((window << 8) / _scalingRatio, Sysctls.RmemMaximum);
        if (limit > _receiveBufferLimit)
        {
            _receiveBufferLimit = limit;
            _windowClamp = DataSpace(limit);
        }
    }

    /// <summary>Linux 6.19 is modest where a round trip is shorter than tcp_rcvbuf_low_rtt; 6.18 never is.</summary>
    private long Growth(long window, int space, int before)
    {
        int roundTrip = Received.Sizing.Rtt8 >> 3;
        return roundTrip < Sysctls.ReceiveBufferLowRtt
            ? window * roundTrip / Sysctls.ReceiveBufferLowRtt
            : 2 * (window * (space - before) / before);
    }

    /// <summary>A window that the user or a changed ratio sets an upper bound to (tcp_set_window_clamp).</summary>
    /// <param name="clamp">Bytes; less than 1,152 are taken for that.</param>
    private void SetWindowClamp(int clamp)
    {
        clamp = Math.Max(clamp, LeastWindowClamp);
        if (clamp == _windowClamp)
        {
            return;
        }

        bool shrinks = clamp < _windowClamp;
        _windowClamp = clamp;
        _windowThreshold = shrinks
            ? Math.Min(_windowThreshold, clamp)
            : Math.Max(Math.Min(_rcv.Wnd, clamp), _windowThreshold);
    }

    /// <summary>Half of SOCK_MIN_RCVBUF.</summary>
    private const int LeastWindowClamp = 1152;

    /// <summary>SO_RCVBUF as it is, in bytes of memory.</summary>
    public int ReceiveBufferLimit => _receiveBufferLimit;

    /// <summary>TCP_WINDOW_CLAMP as it is.</summary>
    public int WindowClamp => _windowClamp > 0 ? _windowClamp : _windowClampOption;

    /// <summary>How large a receive buffer has room for so many bytes of data.</summary>
    public int BufferFor(int bytes) => (int)Math.Min(((long)bytes << 8) / _scalingRatio, int.MaxValue);

    /// <summary>TCP_WINDOW_CLAMP of a connection; taking it away is for a closed socket only.</summary>
    public bool TrySetWindowClamp(int bytes)
    {
        if (bytes == 0)
        {
            return _state is TcpState.Closed or TcpState.TimeWait;
        }

        if (IsSynchronized && ChargesMemory)
        {
            _ = Received; // What the first round trip is measured by was settled when the connection was established.
        }

        SetWindowClamp(bytes);
        return true;
    }

    /// <summary>SO_RCVLOWAT: the buffer grows where it has to, and whoever waits may have enough (tcp_set_rcvlowat).</summary>
    public void SetLowWater(SocketOptions options)
    {
        if (HasEnoughToRead(LowWater))
        {
            _tcp.SignalReady(this, PollEvents.POLLIN);
        }

        if (!_receiveBufferLocked && options.LowWaterBuffer > _receiveBufferLimit)
        {
            _receiveBufferLimit = options.LowWaterBuffer;
            _windowClamp = Math.Max(_windowClamp, options.ReceiveLowWater);
        }
    }

    /// <summary>
    /// The connection is established: the clamp is what the buffer has for data, less tcp_app_win's share and one segment
    /// (tcp_init_buffer_space).
    /// </summary>
    private void InitializeBufferSpace()
    {
        if (!ChargesMemory)
        {
            return;
        }

        int whole = BufferSpace, mss = AdvertisedData, share = Sysctls.AppWindow;
        if (_windowClamp >= whole)
        {
            _windowClamp = share > 0 && whole > 4 * mss ? Math.Max(whole - (whole >> share), 4 * mss) : whole;
        }

        if (share > 0 && _windowClamp > 2 * mss && _windowClamp + mss > whole)
        {
            _windowClamp = Math.Max(2 * mss, whole - mss);
        }

        _windowThreshold = Math.Min(_windowThreshold, _windowClamp);
    }
}
