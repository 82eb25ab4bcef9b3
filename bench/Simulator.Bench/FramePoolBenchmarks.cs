using BenchmarkDotNet.Attributes;
using SimStack.Wire;

namespace Simulator.Bench;

/// <summary>What a frame costs before a byte of it is written: renting and giving back must not allocate.</summary>
[MemoryDiagnoser]
public class FramePoolBenchmarks
{
    private readonly FramePool _pool = new();
    private readonly byte[] _payload = new byte[1460];

    [Benchmark(Baseline = true)]
    public long RentAndReturn()
    {
        Frame frame = _pool.Rent(1514);
        _pool.Return(frame);
        return frame.Id;
    }

    [Benchmark]
    public long RentAndReturnJumbo()
    {
        Frame frame = _pool.Rent(9014);
        _pool.Return(frame);
        return frame.Id;
    }

    /// <summary>With the copy of one full segment's payload: the floor of a packet's price on this machine.</summary>
    [Benchmark]
    public long RentCopyReturn()
    {
        Frame frame = _pool.Copy(_payload);
        _pool.Return(frame);
        return frame.Id;
    }
}
