using System.Globalization;

namespace Scenarios.Bench;

/// <summary>Processor time of the calling thread, as Linux tells it (proc_pid_stat(5)), in seconds.</summary>
internal readonly record struct ThreadTimes(double User, double System)
{
    private const double TicksPerSecond = 100;

    /// <summary>So far.</summary>
    public static ThreadTimes Now
    {
        get
        {
            string text = File.ReadAllText("/proc/thread-self/stat");
            // Behind the name, which may have blanks in it: state is the third field, the times the 14th and 15th.
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ThreadTimes(Seconds(fields[11]), Seconds(fields[12]));
        }
    }

    /// <summary>Both.</summary>
    public double Total => User + System;

    public static ThreadTimes operator -(ThreadTimes later, ThreadTimes earlier) => new(later.User - earlier.User, later.System - earlier.System);

    private static double Seconds(string ticks) => long.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;
}
