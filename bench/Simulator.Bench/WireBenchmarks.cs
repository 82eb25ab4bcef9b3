using BenchmarkDotNet.Attributes;
using SimStack.Ip;
using SimStack.Wire;

namespace Simulator.Bench;

/// <summary>The parts of every segment's price: copy, checksum, header out and in.</summary>
[MemoryDiagnoser]
public class WireBenchmarks
{
    private readonly byte[] _payload = new byte[1460];
    private readonly byte[] _target = new byte[1460];
    private readonly byte[] _segment = new byte[1460 + 32];
    private readonly IpAddress _source = IpAddress.FromV4(10, 0, 0, 1);
    private readonly IpAddress _destination = IpAddress.FromV4(10, 0, 0, 2);
    private TcpOptions _options;

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < _payload.Length; i++)
        {
            _payload[i] = (byte)(i * 7);
        }

        _options.HasTimestamps = true;
        _options.TsVal = 1;
        WriteHeader();
        TcpWriter.WriteChecksum(_segment, _source, _destination);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _payload.AsSpan().CopyTo(_target);

    [Benchmark]
    public ushort Checksum() => InternetChecksum.Compute(_payload);

    [Benchmark]
    public ulong ChecksumAndCopy() => InternetChecksum.SumAndCopy(_payload, _target);

    [Benchmark]
    public int WriteHeader() => TcpWriter.Write(
        _segment, 1, 2, new SequenceNumber(3), new SequenceNumber(4), TcpFlags.Ack, 5, 0, _options, TcpOptionLayout.Linux);

    [Benchmark]
    public bool ParseAndVerify() =>
        TcpView.TryParse(_segment, out TcpView view, out _) && TcpOptions.TryParse(view.OptionBytes, out _)
        && TcpView.VerifyChecksum(_source, _destination, _segment);
}
