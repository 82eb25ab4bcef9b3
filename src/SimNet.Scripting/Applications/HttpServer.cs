using System.Text;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Sockets;

namespace SimNet.Scripting.Applications;

/// <summary>An HTTP/1.1 origin server (RFC 9110, RFC 9112): GET and HEAD of what a script says, one request after the other on each connection.</summary>
internal sealed class HttpServer(SocketCalls calls, HttpServerStatement statement)
{
    /// <summary>Bytes of a write at most.</summary>
    private const int Piece = 64 * 1024;

    /// <summary>RFC 9112 §9.6: how long a connection lingers whose peer may be sending still.</summary>
    private static readonly Duration Linger = Duration.FromSeconds(2);

    private static readonly HttpLimits Limits = new();

    private static readonly string[] KnownMethods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    private SocketCalls Calls => calls;

    private Duration Think => statement.Think;

    private Duration CloseDelay => statement.CloseDelay;

    private Duration Timeout => statement.Timeout;

    /// <summary>Listens; the rest goes on by itself.</summary>
    public SocketResult64 Start()
    {
        (ScriptSocket? listener, Errno error) = calls.Listen(statement.Socket!, statement.Local, statement.Backlog);
        if (listener is not null)
        {
            calls.Serve(listener, statement.Word, socket => new Connection(this, socket).RunAsync());
        }

        return SocketResult64.Of(error);
    }

    /// <summary>The answer to a good request.</summary>
    private HttpResource Answer(HttpParser request)
    {
        if (request.Method is not ("GET" or "HEAD"))
        {
            // RFC 9110 §15.6.2 and §15.5.6: never heard of, or not for anything here.
            return KnownMethods.Contains(request.Method) ? Failure(405, KeyValuePair.Create("Allow", "GET, HEAD")) : Failure(501);
        }

        if (Path(request.Target) is not { } path)
        {
            return Failure(400);
        }

        return statement.Resources.FirstOrDefault(r => r.Path == path) ?? Failure(404);
    }

    // RFC 9112 §3.2.1 and §3.2.2: a path, or a whole URI with one.
    private static string? Path(string target)
    {
        int scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && target.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            int slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return target.StartsWith('/') ? query < 0 ? target : target[..query] : null;
    }

    private static HttpResource Failure(int status, params KeyValuePair<string, string>[] headers) => new(
        "", status, headers, new Content(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{status} {HttpWriter.Reason(status)}\n")), 0), HttpFraming.Length, 0, null);

    /// <summary>One connection.</summary>
    private sealed class Connection(HttpServer server, ScriptSocket socket)
    {
        private readonly HttpParser _request = new(requests: true, Limits);
        private readonly byte[] _buffer = new byte[16 * 1024];
        private readonly SocketCalls _calls = server.Calls;
        private int _start;
        private int _end;

        public async Task RunAsync()
        {
            while (await ReceiveAsync())
            {
                HttpResource answer = _request.Fault is { } fault ? Failure(fault.Status) : server.Answer(_request);
                Duration think = answer.Think ?? server.Think;
                if (think > Duration.Zero)
                {
                    await _calls.WaitUntilAsync(_calls.Now + think);
                }

                bool keep = await RespondAsync(answer);
                Log(answer);
                if (!keep)
                {
                    await CloseAsync();
                    return;
                }
            }

            if (server.CloseDelay > Duration.Zero)
            {
                await _calls.WaitUntilAsync(_calls.Now + server.CloseDelay);
            }

            _calls.RecordClose(socket);
        }

        /// <summary>Reads a request, good or bad; false when the peer is gone.</summary>
        private async Task<bool> ReceiveAsync()
        {
            _request.Reset();
            bool continued = false;
            Instant deadline = server.Timeout > Duration.Zero ? _calls.Now + server.Timeout : Instant.Never;
            CallRecord? read = null;
            long total = 0;
            SocketResult64 result = SocketResult64.Ok(0);
            while (!_request.IsDone)
            {
                if (_start == _end)
                {
                    read ??= _calls.Begin(new ReadStatement(ReadMode.Once, _buffer.Length, MessageFlags.None));
                    result = await _calls.ReadAsync(socket, _buffer, deadline);
                    (_start, _end) = (0, (int)Math.Max(result.Value, 0));
                    total += _end;
                    if (_end == 0)
                    {
                        break;
                    }
                }

                _start += _request.Feed(_buffer.AsSpan(_start, _end - _start), out _);
                if (_request.HasHead && !_request.IsDone && !continued && _request.Fields.HasMember("Expect", "100-continue"))
                {
                    // RFC 9110 §10.1.1: the client holds the content back until it hears this.
                    continued = true;
                    await _calls.WriteAsync(socket, HttpWriter.Head("HTTP/1.1 100 Continue", []));
                }
            }

            if (read is not null)
            {
                _calls.End(read, result.Error == Errno.OK ? SocketResult64.Ok(total) : result, socket);
            }

            if (result.Error == Errno.ETIMEDOUT && !_request.IsUntouched)
            {
                _request.TimeOut();
            }

            return _request.IsDone;
        }

        /// <summary>Sends the answer; true when the connection can be used on.</summary>
        private async Task<bool> RespondAsync(HttpResource answer)
        {
            bool keep = _request.KeepsAlive && answer.Framing != HttpFraming.Close;
            // RFC 9112 §6.1: no transfer coding for HTTP/1.0.
            HttpFraming framing = answer.Framing == HttpFraming.Chunked && _request.Minor == 0 && _request.Fault is null ? HttpFraming.Close : answer.Framing;
            keep &= framing != HttpFraming.Close;
            bool content = answer.Status is not (204 or 304 or < 200);
            byte[] head = HttpWriter.Head(
                FormattableString.Invariant($"HTTP/1.1 {answer.Status} {HttpWriter.Reason(answer.Status)}"),
                answer.Headers,
                ("Date", HttpWriter.Date(_calls.Host.Simulation.TimeProvider.GetUtcNow())),
                ("Content-Type", content ? "text/plain" : null),
                ("Content-Length", content && framing == HttpFraming.Length ? FormattableString.Invariant($"{answer.Body.Length}") : null),
                ("Transfer-Encoding", content && framing == HttpFraming.Chunked ? "chunked" : null),
                ("Connection", !keep ? "close" : _request.Minor == 0 ? "keep-alive" : null));
            bool body = content && _request.Method != "HEAD";
            CallRecord write = _calls.Begin(new WriteStatement([], head.Length + (body ? answer.Body.Length : 0), 0, MessageFlags.None));
            SocketResult64 result = await SendAsync(head, body ? answer : null, framing == HttpFraming.Chunked);
            _calls.End(write, result, socket);
            return keep && result.Error == Errno.OK;
        }

        private async Task<SocketResult64> SendAsync(byte[] head, HttpResource? answer, bool chunked)
        {
            var pending = new MemoryStream();
            pending.Write(head);
            long sent = 0;
            byte[] piece = new byte[(int)Math.Min(chunked && answer?.Chunk > 0 ? answer.Chunk : Piece, Math.Max(answer?.Body.Length ?? 0, 1))];
            for (long position = 0; answer is not null && position < answer.Body.Length;)
            {
                int length = (int)Math.Min(piece.Length, answer.Body.Length - position);
                ContentBytes.Fill(answer.Body, piece.AsSpan(0, length), position);
                position += length;
                if (chunked)
                {
                    pending.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant($"{length:x}\r\n")));
                }

                pending.Write(piece, 0, length);
                if (chunked)
                {
                    pending.Write("\r\n"u8);
                }

                if (pending.Length >= Piece)
                {
                    SocketResult64 result = await FlushAsync(pending);
                    sent += result.Value;
                    if (result.Error != Errno.OK)
                    {
                        return result;
                    }
                }
            }

            if (chunked && answer is not null)
            {
                pending.Write("0\r\n\r\n"u8);
            }

            SocketResult64 last = pending.Length > 0 ? await FlushAsync(pending) : SocketResult64.Ok(0);
            return last.Error == Errno.OK ? SocketResult64.Ok(sent + last.Value) : last;
        }

        private async Task<SocketResult64> FlushAsync(MemoryStream pending)
        {
            SocketResult64 result = await _calls.WriteAsync(socket, pending.GetBuffer().AsMemory(0, (int)pending.Length));
            pending.SetLength(0);
            return result;
        }

        // RFC 9112 §9.6: with data unread a close would be an RST, which can destroy the answer before the client reads it.
        private async Task CloseAsync()
        {
            if (!socket.IsClosed && (_request.Fault is not null || _start < _end || socket.Tcp!.ReadableCount > 0))
            {
                socket.Socket.Shutdown(_calls.Now, ShutdownHow.SHUT_WR);
                _calls.Host.Pump();
                Instant deadline = _calls.Now + Linger;
                while (_calls.Now < deadline && (await _calls.ReadAsync(socket, _buffer, deadline)).Value > 0)
                {
                }
            }

            _calls.RecordClose(socket);
        }

        private void Log(HttpResource answer) => _calls.Log("http-server", _request.Fault is { } fault
            ? FormattableString.Invariant($"{socket.Socket.RemoteEndpoint} {answer.Status}: {fault.Reason}")
            : FormattableString.Invariant($"{socket.Socket.RemoteEndpoint} {_request.Method} {_request.Target} {answer.Status}, {answer.Body.Length} bytes"));
    }
}
