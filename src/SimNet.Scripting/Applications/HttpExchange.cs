using System.Buffers;
using System.Security.Cryptography;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Applications;

/// <summary>A client's request and the response to it; framing is followed to the letter (RFC 9112 §6.3), and what breaks it is EPROTO.</summary>
internal sealed class HttpExchange(SocketCalls calls, HttpGetStatement statement, CallRecord record)
{
    private const int KeptData = 1 << 20;

    /// <summary>Informational responses before the one that counts.</summary>
    private const int MostInformational = 10;

    private readonly HttpParser _response = new(requests: false, HttpLimits.Client);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly ArrayBufferWriter<byte> _kept = new();
    private int _start;
    private int _end;
    private long _received;

    /// <summary>Does it; the value is the content's length.</summary>
    public async Task<SocketResult64> RunAsync()
    {
        (ScriptSocket socket, SocketResult64 result) = await ConnectAsync();
        if (result.Error == Errno.OK)
        {
            result = await SendAsync(socket);
        }

        if (result.Error == Errno.OK)
        {
            result = await ReceiveAsync(socket);
        }

        bool keep = result.Error == Errno.OK && statement.KeepAlive && _response.KeepsAlive;
        if (!keep)
        {
            calls.RecordClose(socket, abort: record.Problem is not null || result.Error == Errno.ETIMEDOUT);
        }

        return result;
    }

    /// <summary>The connection kept from the last exchange, or a new one.</summary>
    private async Task<(ScriptSocket Socket, SocketResult64 Result)> ConnectAsync()
    {
        ScriptSocket? open = calls.Existing(statement.Socket!);
        if (open is { Tcp.State: TcpState.Established })
        {
            return (open, SocketResult64.Ok(0));
        }

        if (open is not { Tcp.State: TcpState.Closed } and not null)
        {
            // RFC 9112 §9.5: the server may end an idle connection at any time.
            calls.RecordClose(open);
            open = null;
        }

        open ??= calls.Open(statement.Socket!, statement.Remote.Address.IsV6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET);
        CallRecord connect = calls.Begin(new ConnectStatement(statement.Remote));
        SocketResult64 result = await calls.ConnectAsync(open, statement.Remote, nonblocking: false);
        calls.End(connect, result, open);
        return (open, result);
    }

    private async Task<SocketResult64> SendAsync(ScriptSocket socket)
    {
        byte[] head = HttpWriter.Head(
            $"{statement.Method} {statement.Target} HTTP/1.1",
            statement.Headers,
            ("Host", statement.Host),
            ("User-Agent", "sim"),
            ("Accept", "*/*"),
            ("Content-Length", statement.Body is null ? null : FormattableString.Invariant($"{statement.Body.Length}")));
        byte[] request = new byte[head.Length + (statement.Body?.Length ?? 0)];
        head.CopyTo(request, 0);
        if (statement.Body is not null)
        {
            ContentBytes.Fill(statement.Body, request.AsSpan(head.Length), 0);
        }

        CallRecord write = calls.Begin(new WriteStatement([], request.Length, 0, MessageFlags.None));
        SocketResult64 result = await calls.WriteAsync(socket, request);
        calls.End(write, result, socket);
        return result;
    }

    private async Task<SocketResult64> ReceiveAsync(ScriptSocket socket)
    {
        Instant deadline = statement.Timeout > Duration.Zero ? calls.Now + statement.Timeout : Instant.Never;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        CallRecord read = calls.Begin(new ReadStatement(ReadMode.Once, _buffer.Length, MessageFlags.None));
        Errno error = await MessageAsync(socket, deadline, hash);
        for (int i = 0; error == Errno.OK && _response.Fault is null && _response.Status < 200; i++)
        {
            // RFC 9110 §15.2: any number may come before the response; 101 was not asked for.
            if (i >= MostInformational || _response.Status == 101)
            {
                record.Problem = _response.Status == 101 ? "101 was not asked for" : "too many informational responses";
                break;
            }

            error = await MessageAsync(socket, deadline, hash);
        }

        if (error == Errno.OK && record.Problem is null && _response.Fault is null && _response.Fields.HasMember("Connection", "close") && !_response.EndsWithStream)
        {
            error = await ToTheEndAsync(socket, deadline);
        }

        calls.End(read, error == Errno.OK ? SocketResult64.Ok(_received) : SocketResult64.Fail(error), socket);
        record.Status = _response.Status;
        record.Sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
        record.Data = _response.ContentLength <= KeptData ? _kept.WrittenSpan.ToArray() : null;
        record.Problem ??= _response.Fault?.Reason ?? (error == Errno.OK && _start < _end ? "more than a response came" : null);
        return record.Problem is not null && error == Errno.OK ? SocketResult64.Fail(Errno.EPROTO)
            : error == Errno.OK ? SocketResult64.Ok(_response.ContentLength)
            : SocketResult64.Fail(error);
    }

    private async Task<Errno> MessageAsync(ScriptSocket socket, Instant deadline, IncrementalHash hash)
    {
        _response.Reset(noContent: statement.Method == "HEAD");
        while (!_response.IsDone)
        {
            if (_start == _end)
            {
                Errno error = await FillAsync(socket, deadline);
                if (error != Errno.OK)
                {
                    return error;
                }

                if (_end == 0)
                {
                    _response.End();
                    break;
                }
            }

            _start += _response.Feed(_buffer.AsSpan(_start, _end - _start), out ReadOnlySpan<byte> content);
            hash.AppendData(content);
            if (_kept.WrittenCount + content.Length <= KeptData)
            {
                _kept.Write(content);
            }
        }

        return Errno.OK;
    }

    // RFC 9112 §9.6: after a response with "close" nothing follows but the end.
    private async Task<Errno> ToTheEndAsync(ScriptSocket socket, Instant deadline) =>
        _start == _end ? await FillAsync(socket, deadline) : Errno.OK;

    private async Task<Errno> FillAsync(ScriptSocket socket, Instant deadline)
    {
        SocketResult64 result = await calls.ReadAsync(socket, _buffer, deadline);
        (_start, _end) = (0, (int)Math.Max(result.Value, 0));
        _received += _end;
        return result.Error;
    }
}
