using SimNet.Bridge;
using SimStack;

namespace Scenarios.Fidelity;

/// <summary>Runs the transfers: those of the kernel in real time, several at once, those in virtual time one after the other.</summary>
/// <param name="Seeds">From 1 to this.</param>
/// <param name="Jobs">Transfers in real time at once.</param>
/// <param name="MostLag">A run in which an event came later is thrown away and repeated.</param>
/// <param name="Attempts">So often a run is tried.</param>
/// <param name="WakeupDelay">Of the programs on simulated hosts.</param>
internal sealed record FidelityRuns(int Seeds, int Jobs, Duration MostLag, int Attempts, Duration WakeupDelay)
{
    /// <summary>Runs everything once over a fast link, so that no code is compiled while time counts.</summary>
    /// <exception cref="SimException">The machine refused what it takes.</exception>
    public void WarmUp(CancellationToken stop)
    {
        FidelityLink fast = new("warm-up", 1_000_000, "100Mbit", "1ms", "1%", "100");
        for (ulong seed = 1; seed <= 3; seed++)
        {
            SimulatedTransfer.Run(fast, seed);
        }

        (this with { Seeds = 2 * Jobs }).InParallel(seed =>
        {
            KernelTransfer.Run(fast, seed, Duration.FromSeconds(10), stop);
            return null!;
        });
    }

    /// <summary>Compares both over a link.</summary>
    /// <exception cref="SimException">The machine refused what it takes, or does not keep up.</exception>
    public FidelityComparison Compare(FidelityLink link, CancellationToken stop)
    {
        int repeated = 0;
        TransferResult[] simulated = [.. Enumerable.Range(1, Seeds).Select(seed => SimulatedTransfer.Run(link, (ulong)seed, WakeupDelay))];
        TransferResult[] kernel = InParallel(seed => Kernel(link, seed, ref repeated, stop));
        return new FidelityComparison(link, kernel, simulated, repeated);
    }

    private TransferResult Kernel(FidelityLink link, ulong seed, ref int repeated, CancellationToken stop)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            stop.ThrowIfCancellationRequested();
            if (KernelTransfer.Run(link, seed, MostLag, stop) is { } result)
            {
                return result;
            }

            Interlocked.Increment(ref repeated);
        }

        throw new SimException(
            ExitStatus.EnvironmentRefused,
            $"sim bench fidelity: the machine does not keep up: in {Attempts} runs an event came more than {MostLag.TotalMilliseconds:0.#} ms late; let nothing else run, or use --jobs 1 or a larger --most-lag");
    }

    /// <summary>On threads of their own: each waits for its session in real time.</summary>
    private TransferResult[] InParallel(Func<ulong, TransferResult> run)
    {
        var results = new TransferResult[Seeds];
        Exception? failure = null;
        int next = 0;
        Thread[] threads = [.. Enumerable.Range(0, Math.Min(Jobs, Seeds)).Select(i => new Thread(Work) { IsBackground = true, Name = $"transfer {i}" })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        return failure switch
        {
            null => results,
            BridgeException refused => throw new SimException(ExitStatus.EnvironmentRefused, $"sim bench fidelity: {refused.Message}", refused),
            SimException or OperationCanceledException => throw failure,
            _ => throw new InvalidOperationException(failure.Message, failure),
        };

        void Work()
        {
            int index;
            while (failure is null && (index = Interlocked.Increment(ref next) - 1) < Seeds)
            {
                try
                {
                    results[index] = run((ulong)index + 1);
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref failure, error, null);
                }
            }
        }
    }
}
