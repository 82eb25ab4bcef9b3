using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SimNet.Scripting.Applications;
using SimNet.Scripting.Model;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>The calls of datagram sockets.</summary>
internal sealed partial class ProgramRunner
{
    private async Task<SocketResult64> SendToAsync(SendToStatement statement)
    {
        AddressFamily family = statement.Remote.Address.IsV6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET;
        ScriptSocket socket = _calls.Usable(statement.Socket!, family, datagram: true);
        string? text = statement is { Count: > 0, Body.Size: 0 } ? Encoding.UTF8.GetString(statement.Body.Data.Span) : null;
        text = text?.Contains(SendToStatement.NumberMark, StringComparison.Ordinal) == true ? text : null;
        byte[] data = new byte[statement.Body.Length];
        for (int i = 0; ; i++)
        {
            if (text is null)
            {
                ContentBytes.Fill(statement.Body, data, i * statement.Body.Length);
            }
            else
            {
                data = Encoding.UTF8.GetBytes(text.Replace(SendToStatement.NumberMark, (i + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
            }

            SocketResult result = socket.IsClosed ? SocketResult.Fail(Errno.EBADF)
                : socket.Datagram?.SendTo(Now, data, statement.Remote) ?? SocketResult.Fail(Errno.EISCONN);
            if (result.Succeeded)
            {
                shared.Wrote(data);
            }

            shared.Host.Pump();
            if (!result.Succeeded || statement.Count <= i + 1)
            {
                return !result.Succeeded ? SocketResult64.Fail(result.Error) : SocketResult64.Ok(statement.Count > 0 ? statement.Count : result.Value);
            }

            if (statement.Interval > Duration.Zero)
            {
                await WaitUntilAsync(Now + statement.Interval);
            }
        }
    }

    private async Task<SocketResult64> ReceiveFromAsync(ReceiveFromStatement statement, CallRecord record)
    {
        if (Existing(statement.Socket!) is not { } socket)
        {
            return SocketResult64.Fail(Errno.EBADF);
        }

        if (socket.Datagram is null)
        {
            return SocketResult64.Fail(Errno.EOPNOTSUPP);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var kept = new MemoryStream();
        byte[] buffer = new byte[statement.Bytes];
        SocketResult result = SocketResult.Ok(0);
        int count = 0;
        while (result.Succeeded && count < Math.Max(statement.Count, 1))
        {
            Instant deadline = statement.Nonblocking ? Now : statement.Timeout > Duration.Zero ? Now + statement.Timeout : Instant.Never;
            (result, DatagramInfo info) = await _calls.ReceiveFromAsync(socket, buffer, statement.Flags, deadline);
            if (result.Succeeded)
            {
                count++;
                record.From = info.From;
                int length = Math.Min(result.Value, buffer.Length);
                hash.AppendData(buffer.AsSpan(0, length));
                kept.Write(buffer.AsSpan(0, kept.Length + length <= KeptData ? length : 0));
            }
        }

        record.Data = kept.ToArray();
        record.Sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
        // As with recvmmsg(2), an error after some datagrams is the next call's.
        return statement.Count > 0 && count > 0 ? SocketResult64.Ok(count)
            : result.Succeeded ? SocketResult64.Ok(result.Value)
            : SocketResult64.Fail(result.Error);
    }
}
