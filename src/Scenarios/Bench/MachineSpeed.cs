using System.Diagnostics;
using SimStack.Wire;

namespace Scenarios.Bench;

/// <summary>
/// What this machine takes for the two things that bound a stack, so that figures from two machines can be compared.
/// </summary>
internal static class MachineSpeed
{
    private const int Length = 1460;
    private const int Rounds = 200_000;

    /// <summary>One line: nanoseconds to copy and to checksum 1460 bytes that are in the cache.</summary>
    public static string Describe()
    {
        byte[] from = new byte[Length];
        byte[] to = new byte[Length];
        for (int i = 0; i < Length; i++)
        {
            from[i] = (byte)(i * 7);
        }

        double copy = Best(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                from.AsSpan().CopyTo(to);
            }
        });
        int sink = 0;
        double checksum = Best(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                sink += InternetChecksum.Compute(from);
            }
        });
        GC.KeepAlive(sink);
        return FormattableString.Invariant(
            $"machine: memcpy of {Length} B {copy:F0} ns, checksum of {Length} B {checksum:F0} ns");
    }

    private static double Best(Action action)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Rounds);
        }

        return best;
    }
}
