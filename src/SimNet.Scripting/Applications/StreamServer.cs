using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Sockets;

namespace SimNet.Scripting.Applications;

/// <summary>The echo service (RFC 862), the discard service (RFC 863), and a source that sends a generated pattern to whoever connects.</summary>
internal sealed class StreamServer(SocketCalls calls, StreamServerStatement statement)
{
    /// <summary>Bytes of a read or a write at most.</summary>
    private const int Piece = 16 * 1024;

    /// <summary>Listens; the rest goes on by itself.</summary>
    public SocketResult64 Start()
    {
        if (statement.IsDatagram)
        {
            return StartDatagrams();
        }

        (ScriptSocket? listener, Errno error) = calls.Listen(statement.Socket!, statement.Local, statement.Backlog);
        if (listener is not null)
        {
            calls.Serve(listener, statement.Word, socket => statement.Service == StreamService.Source ? SendAsync(socket) : ReadAsync(socket));
        }

        return SocketResult64.Of(error);
    }

    private SocketResult64 StartDatagrams()
    {
        AddressFamily family = statement.Local.Address.IsV6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET;
        ScriptSocket socket = calls.Usable(statement.Socket!, family, datagram: true);
        Errno error = socket.Datagram is null ? Errno.EOPNOTSUPP : socket.Socket.Bind(statement.Local);
        if (error == Errno.OK)
        {
            calls.Start(statement.Word, () => DatagramsAsync(socket));
        }
        else
        {
            calls.Close(socket);
        }

        return SocketResult64.Of(error);
    }

    /// <summary>Each datagram by itself; what an ICMP error says of an answer sent earlier changes nothing.</summary>
    private async Task DatagramsAsync(ScriptSocket socket)
    {
        byte[] buffer = new byte[ushort.MaxValue];
        while (true)
        {
            (SocketResult result, DatagramInfo info) = await calls.ReceiveFromAsync(socket, buffer, MessageFlags.None, Instant.Never);
            if (result.Error == Errno.EBADF)
            {
                return;
            }

            if (!result.Succeeded)
            {
                continue;
            }

            if (statement.Service == StreamService.Echo)
            {
                SocketResult sent = socket.Datagram!.SendTo(calls.Now, buffer.AsSpan(0, result.Value), info.From);
                calls.Shared.Wrote(buffer.AsSpan(0, Math.Max(sent.Value, 0)));
                calls.Host.Pump();
            }

            calls.Log(statement.Word, FormattableString.Invariant($"{info.From} {result.Value} bytes"));
        }
    }

    /// <summary>Reads to the end; an echo sends each piece back before it reads the next, so that a client that does not read is waited for.</summary>
    private async Task ReadAsync(ScriptSocket socket)
    {
        byte[] buffer = new byte[Piece];
        long total = 0;
        SocketResult64 result;
        while ((result = await calls.ReadAsync(socket, buffer, Instant.Never)).Value > 0)
        {
            total += result.Value;
            if (statement.Service == StreamService.Echo)
            {
                result = await calls.WriteAsync(socket, buffer.AsMemory(0, (int)result.Value));
                if (result.Error != Errno.OK)
                {
                    break;
                }
            }
        }

        End(socket, total, result.Error);
    }

    private async Task SendAsync(ScriptSocket socket)
    {
        byte[] buffer = new byte[Piece];
        Instant end = statement.For > Duration.Zero ? calls.Now + statement.For : Instant.Never;
        long total = 0;
        Errno error = Errno.OK;
        while ((statement.Size == 0 || total < statement.Size) && calls.Now < end)
        {
            int length = statement.Size == 0 ? Piece : (int)Math.Min(Piece, statement.Size - total);
            Pattern.Fill(buffer.AsSpan(0, length), total);
            SocketResult64 result = await calls.WriteAsync(socket, buffer.AsMemory(0, length));
            error = result.Error;
            if (error != Errno.OK)
            {
                break;
            }

            total += length;
        }

        End(socket, total, error);
    }

    private void End(ScriptSocket socket, long total, Errno error)
    {
        calls.Log(statement.Word, FormattableString.Invariant($"{socket.Socket.RemoteEndpoint} {total} bytes{(error == Errno.OK ? "" : ", " + error)}"));
        calls.RecordClose(socket);
    }
}
