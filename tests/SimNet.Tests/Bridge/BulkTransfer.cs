using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SimNet.Hosts;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Tests.Bridge;

/// <summary>Many bytes over a connection between the kernel, which connects, and the simulated host, and what both made of them.</summary>
internal sealed class BulkTransfer
{
    // No power of two, so that bytes out of their place do not fall on like ones.
    private const int Period = 999_983;
    private const int Chunk = 64 * 1024;
    private static readonly byte[] Pattern = MakePattern();

    private BulkTransfer(byte[] sent, byte[] received, TcpInfo kernel, TcpInfo simulated, TimeSpan time)
    {
        Sent = sent;
        Received = received;
        Kernel = kernel;
        Simulated = simulated;
        Time = time;
    }

    /// <summary>SHA-256 of what was written.</summary>
    public byte[] Sent { get; }

    /// <summary>SHA-256 of what was read.</summary>
    public byte[] Received { get; }

    /// <summary>The kernel's TCP_INFO at the end.</summary>
    public TcpInfo Kernel { get; }

    /// <summary>The simulated host's.</summary>
    public TcpInfo Simulated { get; }

    /// <summary>By the wall clock, from the connection to the last byte read.</summary>
    public TimeSpan Time { get; }

    /// <summary>Runs one to its end.</summary>
    /// <param name="kernel">The kernel's side.</param>
    /// <param name="bridged">The simulated side.</param>
    /// <param name="v6">By IPv6.</param>
    /// <param name="kernelSends">Which way the bytes go.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="port">Where the simulated host listens; another one for each transfer.</param>
    public static BulkTransfer Run(KernelNamespace kernel, BridgedHost bridged, bool v6, bool kernelSends, long bytes, ushort port)
    {
        TaskCompletionSource<(byte[] Hash, TcpInfo Info)> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        SimTcpListener listener = bridged.Do(() => bridged.Host.Listen(new IpEndpoint(v6 ? IpAddress.AnyV6 : IpAddress.AnyV4, port)));
        bridged.Start(async host =>
        {
            using SimTcpStream stream = await listener.AcceptAsync();
            byte[] hash = kernelSends ? await ReadAll(stream, bytes) : await WriteAll(stream, bytes);
            done.SetResult((hash, stream.Socket.GetInfo(host.Now)));
        });
        using Socket socket = kernel.Enter(() => new Socket(v6 ? System.Net.Sockets.AddressFamily.InterNetworkV6 : System.Net.Sockets.AddressFamily.InterNetwork,
            SocketType.Stream, ProtocolType.Tcp));
        socket.SetRawSocketOption(KernelSocket.SOL_TCP, KernelSocket.TCP_CONGESTION, "cubic"u8);
        socket.ReceiveTimeout = socket.SendTimeout = 60_000;
        var clock = Stopwatch.StartNew();
        socket.Connect(new IPEndPoint(IPAddress.Parse(v6 ? "fd09::2" : "10.9.0.2"), port));
        byte[] ours = kernelSends ? WriteAll(socket, bytes) : ReadAll(socket, bytes);
        if (!done.Task.Wait(TimeSpan.FromMinutes(10)))
        {
            throw new TimeoutException("the simulated side does not end");
        }

        TimeSpan time = clock.Elapsed;
        byte[] info = new byte[256];
        socket.GetRawSocketOption(KernelSocket.SOL_TCP, KernelSocket.TCP_INFO, info);
        bridged.Do(() =>
        {
            listener.Dispose();
            return true;
        });
        (byte[] theirs, TcpInfo simulated) = done.Task.Result;
        return new BulkTransfer(kernelSends ? ours : theirs, kernelSends ? theirs : ours, KernelSocket.Parse(info), simulated, time);
    }

    private static byte[] WriteAll(Socket socket, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < bytes;)
        {
            ReadOnlyMemory<byte> piece = Piece(at, bytes);
            hash.AppendData(piece.Span);
            for (int sent = 0; sent < piece.Length;)
            {
                sent += socket.Send(piece.Span[sent..]);
            }

            at += piece.Length;
        }

        socket.Shutdown(SocketShutdown.Send);
        _ = socket.Receive(new byte[1]); // The end of the other side: all has been read.
        return hash.GetHashAndReset();
    }

    private static async Task<byte[]> WriteAll(SimTcpStream stream, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < bytes;)
        {
            ReadOnlyMemory<byte> piece = Piece(at, bytes);
            hash.AppendData(piece.Span);
            await stream.WriteAsync(piece);
            at += piece.Length;
        }

        stream.Shutdown(ShutdownHow.SHUT_WR);
        _ = await stream.ReadAsync(new byte[1]);
        return hash.GetHashAndReset();
    }

    private static byte[] ReadAll(Socket socket, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Chunk];
        long read = 0;
        for (int length; (length = socket.Receive(buffer)) > 0; read += length)
        {
            hash.AppendData(buffer.AsSpan(0, length));
        }

        socket.Shutdown(SocketShutdown.Send);
        return read == bytes ? hash.GetHashAndReset() : throw new InvalidOperationException($"{read} of {bytes} bytes read");
    }

    private static async Task<byte[]> ReadAll(SimTcpStream stream, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Chunk];
        long read = 0;
        for (int length; (length = await stream.ReadAsync(buffer)) > 0; read += length)
        {
            hash.AppendData(buffer.AsSpan(0, length));
        }

        return read == bytes ? hash.GetHashAndReset() : throw new InvalidOperationException($"{read} of {bytes} bytes read");
    }

    private static ReadOnlyMemory<byte> Piece(long at, long bytes)
    {
        int from = (int)(at % Period);
        return Pattern.AsMemory(from, (int)Math.Min(bytes - at, Math.Min(Chunk, Period - from)));
    }

    private static byte[] MakePattern()
    {
        byte[] pattern = new byte[Period];
        new System.Random(6).NextBytes(pattern);
        return pattern;
    }
}
