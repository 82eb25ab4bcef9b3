using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Scenarios.Bench;
using Scenarios.Bridge;
using SimNet.Bridge;
using SimNet.Scripting;
using SimNet.Scripting.Running;
using SimStack;

namespace Scenarios.Fidelity;

/// <summary>
/// A transfer between two namespaces of this machine's kernel in real time, through the link that `sim bridge wan` puts between their
/// TAP devices.
/// </summary>
internal sealed class KernelTransfer : IDisposable
{
    private const int Port = 5001;
    private const int IPPROTO_TCP = 6;
    private const int TCP_INFO = 11;
    private const int TotalRetransOffset = 100;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private readonly FidelityLink _path;
    private readonly ulong _seed;
    private readonly KernelHost _client;
    private readonly KernelHost _server;
    private readonly LiveScenario _live;
    private readonly BridgeSession _session;

    private KernelTransfer(FidelityLink path, ulong seed)
    {
        (_path, _seed) = (path, seed);
        _live = new LiveScenario(ScenarioScript.Parse(path.Script(), WanScript.FileName), new RunOptions { Seed = seed });
        _session = new BridgeSession(_live.Simulation, new BridgeOptions());
        try
        {
            _client = new KernelHost("10.0.0.1", path.AllSysctls);
            _session.Attach(_live.Simulation.BridgePorts[0], _client.Device);
            _server = new KernelHost("10.0.0.2", path.AllSysctls);
            _session.Attach(_live.Simulation.BridgePorts[1], _server.Device);
            _client.AddNeighbour(_server);
            _server.AddNeighbour(_client);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs it to its end; null when the machine did not keep up, so that the link was not what it should be.</summary>
    /// <param name="path">The link.</param>
    /// <param name="seed">Of its losses.</param>
    /// <param name="mostLag">How late an event may have come.</param>
    /// <param name="stop">As Ctrl-C.</param>
    /// <exception cref="BridgeException">The machine refused what it takes.</exception>
    public static TransferResult? Run(FidelityLink path, ulong seed, Duration mostLag, CancellationToken stop)
    {
        using KernelTransfer transfer = new(path, seed);
        TransferResult result = transfer.Run(stop);
        BridgeStatistics kept = transfer._session.Statistics;
        bool faithful = kept.Slips == 0 && kept.LongestLag <= mostLag && kept.LongestStall <= mostLag
            && transfer._session.Devices.All(d => d.Device.Counters.RxDropped == 0);
        return faithful ? result : null;
    }

    public void Dispose()
    {
        _session.Dispose();
        _live.Dispose();
        _client?.Dispose();
        _server?.Dispose();
    }

    private TransferResult Run(CancellationToken stop)
    {
        LossRecord losses = new(_live.Simulation.Links[0].AToB);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Longest);
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                _session.Run();
            }
            catch (BridgeException error)
            {
                failure = error;
                limit.Cancel();
            }
        })
        { IsBackground = true, Name = "wan" };
        thread.Start();
        (double seconds, long retransmissions, ulong hash) = (0, 0, 0);
        try
        {
            (seconds, retransmissions, hash) = Transfer(limit.Token).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            failure ??= error;
        }

        _session.Stop();
        thread.Join();
        stop.ThrowIfCancellationRequested();
        if (failure is not null)
        {
            throw new BridgeException($"the kernel's transfer failed: {(failure is OperationCanceledException ? $"it did not end within {Longest.TotalMinutes} minutes" : failure.Message)}", failure);
        }

        foreach ((_, FrameDevice device) in _session.Devices)
        {
            device.UpdateCounters();
        }

        return new TransferResult
        {
            Seed = _seed,
            Seconds = seconds,
            Retransmissions = retransmissions,
            Counters = _client.Counters(),
            Losses = losses,
            PayloadIntact = hash == PeriodicData.HashOf(_path.Bytes),
            LongestLag = Math.Max(_session.Statistics.LongestLag.TotalMilliseconds, _session.Statistics.LongestStall.TotalMilliseconds),
        };
    }

    private async Task<(double Seconds, long Retransmissions, ulong Hash)> Transfer(CancellationToken stop)
    {
        using Socket listener = _server.Open();
        listener.Bind(new IPEndPoint(_server.Address, Port));
        listener.Listen();
        using Socket socket = _client.Open();
        (ulong hash, long end) = (0, 0);
        Task receiving = Task.Run(
            async () =>
            {
                using NetworkStream stream = new(await listener.AcceptAsync(stop), ownsSocket: true);
                await BulkPrograms.Receive(stream, h => (hash, end) = (h, Stopwatch.GetTimestamp()));
            },
            stop);
        // Calls that wait end with an exception when their socket is closed.
        await using CancellationTokenRegistration registration = stop.Register(() =>
        {
            listener.Dispose();
            socket.Dispose();
        });
        long start = Stopwatch.GetTimestamp();
        await socket.ConnectAsync(new IPEndPoint(_server.Address, Port), stop);
        using NetworkStream sending = new(socket);
        await BulkPrograms.Send(sending, _path.Bytes, () => socket.Shutdown(SocketShutdown.Send));
        byte[] info = new byte[256];
        socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, info);
        await receiving;
        return (Stopwatch.GetElapsedTime(start, end).TotalSeconds, BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(TotalRetransOffset)), hash);
    }
}
