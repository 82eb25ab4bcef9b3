using System.Globalization;
using SimNet.Hosts;
using SimNet.Scripting.Model;
using SimNet.Scripting.Running;
using SimStack.Sockets;

namespace SimNet.Scripting.Applications;

/// <summary>ping(8): a request every interval, whether the last one was answered or not.</summary>
internal sealed class Pinger(SocketCalls calls, PingStatement statement, CallRecord record)
{
    private readonly List<Task<PingReply>> _requests = [];

    public async Task<SocketResult64> RunAsync()
    {
        var options = new PingOptions
        {
            Size = statement.Size,
            Timeout = statement.Timeout,
            TimeToLive = statement.TimeToLive,
            Identifier = statement.Identifier,
            FirstSequence = statement.Sequence,
        };
        Errno error = Errno.OK;
        var replies = new List<PingReply>();
        try
        {
            using SimPing ping = calls.Host.OpenPing(statement.Destination, options);
            error = await SendAsync(ping);
            foreach (Task<PingReply> request in _requests)
            {
                replies.Add(await request);
            }
        }
        catch (SimSocketException refused)
        {
            error = refused.Errno;
        }

        List<Duration> trips = [.. replies.Where(r => r.Status == PingStatus.Reply).Select(r => r.RoundTrip).Order()];
        record.Ping = trips.Count == 0
            ? new PingSummary(replies.Count, 0, Duration.Zero, Duration.Zero, Duration.Zero)
            : new PingSummary(replies.Count, trips.Count, trips[0], new Duration(trips.Sum(t => t.Nanoseconds) / trips.Count), trips[^1]);
        calls.Log("ping", $"{statement.Destination} {record.Ping}");
        return error == Errno.OK ? SocketResult64.Ok(trips.Count) : SocketResult64.Fail(error);
    }

    /// <summary>Sends them all; the error of one that could not be sent ends it.</summary>
    private async Task<Errno> SendAsync(SimPing ping)
    {
        for (int i = 0; i < statement.Count; i++)
        {
            if (i > 0)
            {
                await calls.WaitUntilAsync(calls.Now + statement.Interval);
            }

            try
            {
                Task<PingReply> request = ping.SendAsync();
                if (request.IsFaulted)
                {
                    await request;
                }

                _requests.Add(LoggedAsync(request));
            }
            catch (SimSocketException refused)
            {
                return refused.Errno;
            }
        }

        return Errno.OK;
    }

    private string Unreachable(PingReply reply) => statement.Destination.IsV6 ? PacketText.UnreachableV6(reply.IcmpCode) : PacketText.Unreachable(reply.IcmpCode);

    private async Task<PingReply> LoggedAsync(Task<PingReply> request)
    {
        PingReply reply = await request;
        string text = reply.Status switch
        {
            PingStatus.Reply => string.Create(
                CultureInfo.InvariantCulture, $"{reply.Length + 8} bytes from {reply.From}: icmp_seq={reply.Sequence} ttl={reply.TimeToLive} time={PingSummary.Milliseconds(reply.RoundTrip)} ms"),
            PingStatus.TimedOut => string.Create(CultureInfo.InvariantCulture, $"icmp_seq={reply.Sequence}: no answer"),
            PingStatus.PacketTooBig => string.Create(CultureInfo.InvariantCulture, $"from {reply.From}: icmp_seq={reply.Sequence} packet too big, mtu {reply.Mtu}"),
            PingStatus.TimeExceeded => string.Create(CultureInfo.InvariantCulture, $"from {reply.From}: icmp_seq={reply.Sequence} time exceeded"),
            PingStatus.Unreachable => string.Create(CultureInfo.InvariantCulture, $"from {reply.From}: icmp_seq={reply.Sequence} {Unreachable(reply)}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"from {reply.From}: icmp_seq={reply.Sequence} ICMP type {reply.IcmpType}, code {reply.IcmpCode}"),
        };
        calls.Log("ping", text);
        return reply;
    }
}
