using System.Security.Cryptography;
using SimNet.Hosts;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Running;

/// <summary>What the programs of one host share: their sockets by name, and the sums over what they transfer.</summary>
internal sealed class HostPrograms(SimHost host, HostDefinition? definition) : IDisposable
{
    private readonly IncrementalHash _written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _read = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _writtenBytes;
    private long _readBytes;

    public SimHost Host { get; } = host;

    public Dictionary<string, ScriptSocket> Sockets { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the bytes of reads go; programs run one after the other.</summary>
    public byte[] Buffer { get; } = new byte[64 * 1024];

    /// <summary>When a read or write ends that has something to do at that time.</summary>
    public Instant CallEndsAt(Instant begin)
    {
        if (definition is null)
        {
            return begin;
        }

        Instant end = begin + definition.CallTime;
        foreach (BusyTime slow in definition.SlowCalls)
        {
            end = slow.From <= begin && begin < slow.Until ? Instant.Max(end, slow.Until) : end;
        }

        return end;
    }

    public void Wrote(ReadOnlySpan<byte> data)
    {
        _written.AppendData(data);
        _writtenBytes += data.Length;
    }

    public void Read(ReadOnlySpan<byte> data)
    {
        _read.AppendData(data);
        _readBytes += data.Length;
    }

    public TransferRecord ToRecord() => new(
        Host.Name, _writtenBytes, Convert.ToHexStringLower(_written.GetCurrentHash()), _readBytes, Convert.ToHexStringLower(_read.GetCurrentHash()));

    public void Dispose()
    {
        _written.Dispose();
        _read.Dispose();
    }
}
