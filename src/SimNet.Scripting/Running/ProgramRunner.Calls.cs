using System.Security.Cryptography;
using SimNet.Scripting.Model;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>The calls that wait.</summary>
internal sealed partial class ProgramRunner
{
    /// <summary>Of generated data; more than a datagram can carry, so that one that is too large is found so.</summary>
    private const int LargestPiece = 64 * 1024;

    private async Task<SocketResult64> AcceptAsync(AcceptStatement statement)
    {
        while (true)
        {
            if (Existing(statement.Socket!) is not { } listener)
            {
                return SocketResult64.Fail(Errno.EBADF);
            }

            if (listener.Tcp is not { } tcp)
            {
                return SocketResult64.Fail(Errno.EOPNOTSUPP);
            }

            Errno error = tcp.Accept(Now, out TcpSocket? accepted);
            shared.Host.Pump();
            if (accepted is not null && error == Errno.OK)
            {
                shared.Sockets[statement.Name] = new ScriptSocket(accepted);
                return SocketResult64.Ok(0);
            }

            if (error != Errno.EAGAIN || statement.Nonblocking)
            {
                return SocketResult64.Fail(error);
            }

            await listener.WaitAsync();
        }
    }

    private async Task<SocketResult64> ConnectAsync(ConnectStatement statement)
    {
        ScriptSocket socket = Usable(statement.Socket!, statement.Remote.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        return await _calls.ConnectAsync(socket, statement.Remote, statement.Nonblocking);
    }

    private async Task<SocketResult64> WriteAsync(WriteStatement statement)
    {
        long sent = 0;
        MessageFlags flags = statement.Flags;
        if (statement.To is { } to)
        {
            Usable(statement.Socket!, to.Address.IsV4 ? AddressFamily.AF_INET : AddressFamily.AF_INET6);
        }

        byte[] pattern = statement.Size > 0 ? new byte[Math.Min(statement.Size, LargestPiece)] : [];
        while (true)
        {
            if (Existing(statement.Socket!) is not { } socket)
            {
                return SocketResult64.Fail(Errno.EBADF);
            }

            SendProgress opening = new(statement.Length) { Blocks = !statement.Nonblocking };
            bool opens = (flags & MessageFlags.MSG_FASTOPEN) != 0 || socket.Tcp is { IsConnectDeferred: true };
            SocketHold hold = opens ? default : await _calls.HoldAsync(socket);
            SocketResult result = opens
                ? socket.Tcp!.SendTo(Now, Next(statement, pattern, sent).Span, statement.To, flags, opening)
                : socket.Send(Now, Next(statement, pattern, sent).Span, flags);
            if (result.Succeeded)
            {
                shared.Wrote(Next(statement, pattern, sent).Span[..result.Value]);
                sent += result.Value;
            }

            await _calls.EndAsync(socket, hold, result);
            if (opens && !statement.Nonblocking && (result.Succeeded || result.Error == Errno.EINPROGRESS))
            {
                // A call that blocks waits for the handshake, and then for the rest.
                flags &= ~MessageFlags.MSG_FASTOPEN;
                SocketResult64 connected = await _calls.AwaitConnectionAsync(socket);
                bool failed = connected.Error is not Errno.OK;
                if (failed || sent >= statement.Length)
                {
                    socket.Tcp!.EndSend(Now, opening);
                    return failed ? connected : SocketResult64.Ok(sent);
                }

                continue;
            }

            if (result.Succeeded ? sent >= statement.Length : result.Error != Errno.EAGAIN || statement.Nonblocking)
            {
                // As send(2): an error after some bytes shows in the next call only.
                return sent > 0 || result.Succeeded ? SocketResult64.Ok(sent) : SocketResult64.Fail(result.Error);
            }

            if (!result.Succeeded)
            {
                await socket.WaitAsync();
            }
        }
    }

    private static ReadOnlyMemory<byte> Next(WriteStatement statement, byte[] pattern, long sent)
    {
        int most = statement.Chunk > 0 ? statement.Chunk : int.MaxValue;
        if (statement.Size == 0)
        {
            return statement.Data.AsMemory((int)sent, Math.Min(statement.Data.Length - (int)sent, most));
        }

        int length = (int)Math.Min(Math.Min(statement.Size - sent, pattern.Length), most);
        Pattern.Fill(pattern.AsSpan(0, length), sent);
        return pattern.AsMemory(0, length);
    }

    private async Task<SocketResult64> ReadAsync(ReadStatement statement, CallRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var kept = new MemoryStream();
        long total = 0;
        while (true)
        {
            if (Existing(statement.Socket!) is not { } socket)
            {
                return SocketResult64.Fail(Errno.EBADF);
            }

            long wanted = statement.Mode == ReadMode.UntilEof ? shared.Buffer.Length : Math.Min(statement.Bytes - total, shared.Buffer.Length);
            bool waitsForMore = !statement.Nonblocking && socket.Tcp?.IsBelowLowWater((int)wanted) == true;
            SocketHold hold = await _calls.HoldAsync(socket);
            SocketResult result = waitsForMore
                ? SocketResult.Fail(Errno.EAGAIN)
                : socket.Receive(Now, shared.Buffer.AsSpan(0, (int)wanted), statement.Flags);
            total += Note(statement, result, hash, kept);
            shared.Host.Pump();
            SocketResult more = result;
            for (int room = (int)wanted - result.Value; await _calls.LastsAsync(socket, hold, more) && statement.Flags == MessageFlags.None; room -= more.Value)
            {
                more = socket.Receive(Now, shared.Buffer.AsSpan(0, room));
                total += Note(statement, more, hash, kept);
            }

            _calls.Release(socket, hold);
            bool done = result.Succeeded
                ? result.Value == 0 || statement.Mode == ReadMode.Once || (statement.Mode == ReadMode.Exactly && total >= statement.Bytes)
                : result.Error != Errno.EAGAIN || statement.Nonblocking;
            if (done)
            {
                record.Data = total <= KeptData ? kept.ToArray() : null;
                record.Sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
                return result.Succeeded ? SocketResult64.Ok(total) : SocketResult64.Fail(result.Error);
            }

            if (!result.Succeeded)
            {
                await socket.WaitAsync();
            }
        }
    }

    /// <summary>What a read brought into the buffer.</summary>
    /// <returns>Its bytes.</returns>
    private int Note(ReadStatement statement, SocketResult result, IncrementalHash hash, MemoryStream kept)
    {
        if (!result.Succeeded)
        {
            return 0;
        }

        ReadOnlySpan<byte> data = shared.Buffer.AsSpan(0, result.Value);
        hash.AppendData(data);
        if (kept.Length + data.Length <= KeptData)
        {
            kept.Write(data);
        }

        if ((statement.Flags & MessageFlags.MSG_PEEK) == MessageFlags.None)
        {
            shared.Read(data);
        }

        return result.Value;
    }
}
