namespace SimStack.Tests;

/// <summary>What code allocates in its steady state.</summary>
internal static class Allocations
{
    /// <summary>
    /// The least bytes that one of several runs of the code allocated on this thread: the runtime's own work (a garbage collection that
    /// another test caused, a method compiled anew) may add some to a single run.
    /// </summary>
    public static long Least(Action code)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            code();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
