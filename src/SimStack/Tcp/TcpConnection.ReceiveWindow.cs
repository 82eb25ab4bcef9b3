using System.Numerics;
using SimStack.Ip;
using SimStack.Profiles;

namespace SimStack.Tcp;

/// <summary>
/// RCV.WND: what to offer (RFC 9293 §3.8.6.2.2, the receiver's silly window avoidance, as Linux does it) and its scale (RFC 7323
/// §2).
/// </summary>
internal sealed partial class TcpConnection
{
    private const int MaximumScale = 14;

    /// <summary>Upper bound that grows with what arrives, so that small packets cannot fill memory.</summary>
    private int _windowThreshold;
    private int _windowClamp;

    /// <summary>
    /// How much of the buffer is for data: half until a full segment shows how much of its memory is data (Linux: scaling_ratio, of
    /// 256; before 6.6 tcp_adv_win_scale 1).
    /// </summary>
    private int BufferSpace => DataSpace(_receiveBufferLimit);

    private int FreeSpace => ChargesMemory
        ? DataSpace((int)Math.Max(_receiveBufferLimit - (_received?.Total ?? 0) - (_backlog?.Memory ?? 0), int.MinValue))
        : BufferSpace - Readable - (_outOfOrder?.Bytes ?? 0);

    private int DataSpace(int memory) => (int)((long)memory * _scalingRatio >> 8);

    private void SelectInitialWindow(int mss, bool scalingWanted)
    {
        (_rcv.Wnd, _receiveScale, _windowClamp) = InitialWindow(
            Profile, Sysctls, _path?.Route, BufferSpace, mss, scalingWanted, _receiveBufferLocked && _windowClampOption == 0 ? BufferSpace : _windowClampOption);
        _windowThreshold = FirstThreshold(_rcv.Wnd);
    }

    /// <summary>Where the SYN's window is a number of its own, the whole buffer is offered right after it.</summary>
    private int FirstThreshold(int window) => Profile.InitialReceiveWindow > 0 ? Math.Min(BufferSpace, _windowClamp) : window;

    /// <summary>
    /// The first window, its scale and the clamp, for a connection or an entry of a SYN queue. The window may be more than a SYN's unscaled
    /// field can tell: so much is taken, and the next segment tells it (tcp_select_initial_window).
    /// </summary>
    public static (int Window, byte Scale, int Clamp) InitialWindow(
        Profile profile, Sysctls sysctls, Route? route, int space, int mss, bool scalingWanted, int clampOption)
    {
        int clamp = clampOption > 0 ? clampOption : 65_535 << MaximumScale;
        space = Math.Min(clamp, space);
        int whole = space;
        if (space > mss)
        {
            space -= space % mss;
        }

        int window = profile.InitialReceiveWindow > 0 ? Math.Min(whole, profile.InitialReceiveWindow) : space;
        int segments = route is { InitRwnd: > 0 } ? route.InitRwnd : profile.InitialReceiveWindowSegments;
        if (segments > 0)
        {
            window = (int)Math.Min(window, (long)segments * mss);
        }

        byte scale = 0;
        if (scalingWanted)
        {
            uint largest = (uint)Math.Min(Math.Max(space, Math.Max(sysctls.RmemMaximum, sysctls.RmemMax)), clamp);
            scale = (byte)Math.Clamp(BitOperations.Log2(largest) - 15, 0, MaximumScale);
        }

        return (window, scale, Math.Min(65_535 << scale, clamp));
    }

    /// <summary>The peer does not scale: neither do we, and the clamp follows.</summary>
    private void RescaleOwnWindow()
    {
        _windowClamp = Math.Min(_windowClamp, 65_535 << _receiveScale);
        _windowThreshold = Math.Min(_windowThreshold, _windowClamp);
    }

    /// <summary>The window that would be offered now; not below zero, not yet held to what was offered before.</summary>
    private int SelectWindow()
    {
        int space = BufferSpace;
        int full = Math.Min(_windowClamp, space);
        int mss = Math.Min((int)_receivedMss, full);
        int free = FreeSpace;
        if (mss <= 0)
        {
            return 0;
        }

        int granule = 1 << _receiveScale;
        bool mayShrink = MayShrinkWindow;
        free = mayShrink ? free & -granule : free;
        if (free < full >> 1)
        {
            free &= -granule;
            if (ChargesMemory)
            {
                _quickAcks = 0; // No hurry to be sent more.
                if (_tcp.Memory.IsUnderPressure)
                {
                    ShrinkWindowThreshold();
                }
            }

            // Silly window: better nothing than a little (RFC 9293 MUST-39).
            if (free < space >> 4 || free < mss || (mayShrink && free < granule))
            {
                return 0;
            }
        }

        free = Math.Min(free, _windowThreshold);
        if (_receiveScale > 0)
        {
            return (free + granule - 1) & -granule;
        }

        int window = _rcv.Wnd;
        if (window <= free - mss || window > free)
        {
            window = free - free % mss;
        }
        else if (mss == full && free > window + (full >> 1))
        {
            window = free;
        }

        return window;
    }

    /// <summary>net.ipv4.tcp_shrink_window, which needs a scaled window.</summary>
    private bool MayShrinkWindow => Sysctls.ShrinkWindow && _receiveScale > 0;

    /// <summary>
    /// Chooses the window for a segment that leaves now and returns the header's field (tcp_select_window). The right edge never moves left
    /// (MUST-34), unless tcp_shrink_window allows it or a segment was dropped for want of memory.
    /// </summary>
    private ushort AdvertiseWindow()
    {
        int before = _rcv.Wnd;
        int current = _rcv.Remaining;
        _rcv.Wup = _rcv.Nxt;
        if (_outOfReceiveMemory)
        {
            _rcv.Wnd = 0;
            return 0;
        }

        int window = SelectWindow();
        if (window < current && !MayShrinkWindow)
        {
            if (window == 0)
            {
                Count(SnmpCounter.TcpExtTCPWantZeroWindowAdv);
            }

            int granule = 1 << _receiveScale;
            window = (current + granule - 1) & -granule;
        }

        _rcv.Wnd = window;
        ushort field = (ushort)(Math.Min(window, 65_535 << _receiveScale) >> _receiveScale);
        if (field == 0 && before != 0)
        {
            Count(SnmpCounter.TcpExtTCPToZeroWindowAdv);
        }
        else if (field != 0 && before == 0)
        {
            Count(SnmpCounter.TcpExtTCPFromZeroWindowAdv);
        }

        return field;
    }

    /// <summary>Full segments arrive: the threshold may grow by two of them, up to the clamp.</summary>
    private void GrowWindow(int length, int memory)
    {
        if (length < 128)
        {
            return;
        }

        if (ChargesMemory)
        {
            GrowWindowByMemory(length, memory);
            return;
        }

        int limit = Math.Min(_windowClamp, BufferSpace);
        if (_windowThreshold < limit && FreeSpace > _windowThreshold - _rcv.Remaining)
        {
            _windowThreshold = Math.Min(limit, _windowThreshold + 2 * _advertisedMss);
        }
    }
}
