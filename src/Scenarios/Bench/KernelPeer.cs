using System.Net;
using System.Net.Sockets;
using SimNet.Bridge;

namespace Scenarios.Bench;

/// <summary>The other end of a benchmark's connection: a socket of the machine's own kernel, on a thread of its own, with CUBIC.</summary>
internal sealed class KernelPeer : IDisposable
{
    private const int IPPROTO_TCP = 6;
    private const int TCP_CONGESTION = 13;
    private const int SOL_SOCKET = 1;
    private const int SO_SNDBUFFORCE = 32;
    private const int SO_RCVBUFFORCE = 33;
    private readonly Thread _thread;
    private readonly Socket _socket;
    private volatile Exception? _failure;

    private KernelPeer(Socket socket, Action<KernelPeer> body)
    {
        _socket = socket;
        _thread = new Thread(() => Work(body)) { IsBackground = true, Name = "kernel peer" };
        _thread.Start();
    }

    /// <summary>Processor time of its thread.</summary>
    public ThreadTimes Times { get; private set; }

    /// <summary>Of what it received.</summary>
    public ulong Hash { get; private set; }

    /// <summary>Where it is, or listens.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Bytes that it received.</summary>
    public long Received { get; private set; }

    /// <summary>Connects and sends a payload to its end.</summary>
    public static KernelPeer Sender(string? networkNamespace, IPEndPoint to, long bytes, int buffer) =>
        new(Open(networkNamespace, buffer), peer => peer.Send(to, bytes));

    /// <summary>Accepts one connection and receives a payload to its end; it listens when this returns.</summary>
    public static KernelPeer Receiver(string? networkNamespace, IPEndPoint at, int buffer)
    {
        Socket listener = Open(networkNamespace, buffer);
        listener.Bind(at);
        listener.Listen(1);
        return new KernelPeer(listener, peer => peer.Receive());
    }

    /// <summary>Waits for its end.</summary>
    public void Join()
    {
        _thread.Join();
        if (_failure is { } failure)
        {
            throw new SimException(ExitStatus.EnvironmentRefused, "the kernel's end of the connection failed: " + failure.Message, failure);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static Socket Open(string? networkNamespace, int buffer) => NetworkNamespace.Run(networkNamespace, () =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(IPPROTO_TCP, TCP_CONGESTION, "cubic"u8);
        socket.SetRawSocketOption(SOL_SOCKET, SO_SNDBUFFORCE, BitConverter.GetBytes(buffer));
        socket.SetRawSocketOption(SOL_SOCKET, SO_RCVBUFFORCE, BitConverter.GetBytes(buffer));
        return socket;
    });

    private void Work(Action<KernelPeer> body)
    {
        try
        {
            ThreadTimes before = ThreadTimes.Now;
            body(this);
            Times = ThreadTimes.Now - before;
        }
        catch (SocketException error)
        {
            _failure = error;
        }
    }

    private void Send(IPEndPoint to, long bytes)
    {
        _socket.Connect(to);
        for (long sent = 0; sent < bytes;)
        {
            sent += _socket.Send(PeriodicData.At(sent, bytes - sent));
        }

        _socket.Shutdown(SocketShutdown.Send);
        // The other end closes once it has everything.
        _socket.Receive(new byte[1]);
    }

    private void Receive()
    {
        using Socket connection = _socket.Accept();
        StreamHash hash = new();
        byte[] buffer = new byte[PeriodicData.Piece];
        while (connection.Receive(buffer) is > 0 and int count)
        {
            hash.Append(buffer.AsSpan(0, count));
            Received += count;
        }

        Hash = hash.Finish();
    }
}
