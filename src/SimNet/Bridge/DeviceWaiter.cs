using System.Runtime.InteropServices;
using SimNet.Bridge.Native;
using SimStack;

namespace SimNet.Bridge;

/// <summary>
/// Waits for devices to become readable, for a time, or for another thread's call (poll(2), eventfd(2)). Systems other than Linux have neither ppoll
/// nor eventfd in common: there a wait is a millisecond at most, after which devices are looked at anyway.
/// </summary>
internal sealed unsafe class DeviceWaiter : IDisposable
{
    private static readonly Duration Pause = Duration.FromMilliseconds(1);
    private readonly Libc.PollDescriptor[] _descriptors = [];
    private readonly ManualResetEventSlim _woken = new();
    private readonly int _wake;
    private readonly Lock _closing = new();
    private bool _closed;

    public DeviceWaiter(IEnumerable<FrameDevice> devices)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        _wake = Libc.EventDescriptor(0, Libc.EFD_NONBLOCK | Libc.EFD_CLOEXEC);
        if (_wake < 0)
        {
            throw new BridgeException($"the session can't be woken: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())} (eventfd)");
        }

        _descriptors =
        [
            new Libc.PollDescriptor { Descriptor = _wake, Events = Libc.POLLIN },
            .. devices.Where(d => d.Descriptor >= 0).Select(d => new Libc.PollDescriptor { Descriptor = d.Descriptor, Events = Libc.POLLIN }),
        ];
        // The kernel adds up to 50 µs to every timeout of an ordinary thread.
        _ = Libc.ProcessControl(Libc.PR_SET_TIMERSLACK, 1, 0, 0, 0);
    }

    /// <summary>Sleeps until a device has frames, <see cref="Wake"/> is called, or the time is over.</summary>
    public void Wait(Duration most)
    {
        if (_descriptors.Length == 0)
        {
            _ = _woken.Wait(Duration.Min(most, Pause).ToTimeSpan());
            _woken.Reset();
            return;
        }

        Libc.TimeSpecification timeout = new()
        {
            Seconds = most.Nanoseconds / 1_000_000_000,
            Nanoseconds = most.Nanoseconds % 1_000_000_000,
        };
        fixed (Libc.PollDescriptor* descriptors = _descriptors)
        {
            _ = Libc.Ppoll(descriptors, (nuint)_descriptors.Length, &timeout, null);
        }

        if (_descriptors[0].Returned != 0)
        {
            ulong value;
            _ = Libc.Read(_wake, (byte*)&value, sizeof(ulong));
        }
    }

    /// <summary>Ends a wait, from any thread.</summary>
    public void Wake()
    {
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }

            if (_descriptors.Length == 0)
            {
                _woken.Set();
                return;
            }

            ulong one = 1;
            _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    public void Dispose()
    {
        lock (_closing)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _woken.Dispose();
            if (_descriptors.Length > 0)
            {
                _ = Libc.Close(_wake);
            }
        }
    }
}
