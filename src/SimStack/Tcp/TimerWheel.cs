namespace SimStack.Tcp;

/// <summary>
/// How late a kernel's timers are. Linux keeps them in a wheel of ticks whose slots get wider with distance (kernel/time/timer.c): 63 ticks
/// ahead a slot is a tick, beyond that 8 ticks, from 504 ticks on 64, and so on; a timer fires at the end of its slot. Where in its slot a
/// timer falls is chance; here it is the middle, and a whole tick near by, since a round trip is never quite as short as its delays.
/// </summary>
internal static class TimerWheel
{
    private const int FirstLevel = 63;

    /// <summary>So many microseconds, rounded up to whole ticks (usecs_to_jiffies).</summary>
    public static long WholeTicks(long microseconds, int hz)
    {
        if (hz == 250)
        {
            return (microseconds + 3_999) / 4_000 * 4_000; // A constant, as below.
        }

        long tick = hz == 0 ? 1 : 1_000_000 / hz;
        return (microseconds + tick - 1) / tick * tick;
    }

    /// <summary>The delay after which a timer fires.</summary>
    /// <param name="delay">What it was set to.</param>
    /// <param name="hz">Ticks per second; 0: timers fire when they are due.</param>
    public static Duration Fires(Duration delay, int hz)
    {
        if (hz == 0)
        {
            return delay;
        }

        // The default's tick is a constant, since this is done for every segment and a division takes its time.
        long tick = hz == 250 ? 4_000_000 : 1_000_000_000 / hz;
        long ticks = hz == 250 ? (delay.Nanoseconds + 3_999_999) / 4_000_000 : (delay.Nanoseconds + tick - 1) / tick;
        long slot = 1;
        for (long level = FirstLevel; ticks >= level && slot < 1 << 24; level <<= 3)
        {
            slot <<= 3;
        }

        return new Duration((ticks * tick) + (slot == 1 ? tick : slot / 2 * tick));
    }
}
