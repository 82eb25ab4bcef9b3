using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SimNet.Scripting.Applications;

namespace SimNet.Scripting.Tests.Applications;

/// <summary>The HTTP codec against RFC 9112: good and bad messages, in any pieces.</summary>
public class HttpParserTests
{
    private const string Host = "Host: a\r\n";

    /// <summary>What a parser made of a message: fault, start line, content, and what it did not take.</summary>
    private sealed record Seen(int Fault, string Start, string Fields, string Content, bool Complete, bool KeepsAlive, int Rest);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1", "", true)]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", "GET / 1", "", true)] // §2.2: a single LF
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1", "", true)] // §2.2: empty lines before
    [InlineData("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 1", "", true)] // §3.2: an empty Host
    [InlineData("GET / HTTP/1.1\r\nHOST: a\r\nConnection: Keep-Alive, CLOSE\r\n\r\n", "GET / 1", "", false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "GET / 0", "", false)]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 0", "", true)]
    [InlineData("GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET / 9", "", true)] // §2.3: a higher minor version is understood
    [InlineData("BREW http://a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n", "BREW http://a/b?c=d 1", "", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "POST / 1", "abc", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\ncontent-length: 3\r\n\r\nabc", "POST / 1", "abc", true)] // §6.3, rule 5
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: u\r\n\r\n", "POST / 1", "abc0123456789", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0003 ; x\r\nabc\r\n00\r\n\r\n", "POST / 1", "abc", true)]
    public void Good_requests(string message, string start, string content, bool keepsAlive)
    {
        Seen seen = Whole(message, requests: true);
        Assert.Equal(new Seen(0, start, seen.Fields, content, true, keepsAlive, 0), seen);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)] // §3.2: no Host
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("GET /\r\n\r\n", 400)] // HTTP/0.9
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400)]
    [InlineData(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / http/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400)] // §5.1: nothing between name and colon
    [InlineData("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400)] // §2.2: white space before the first field
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400)] // §5.2: obs-fold
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400)] // §2.2: a bare CR
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400)] // §6.1
    [InlineData("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400)] // §6.1
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400)] // §6.3, rule 4
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1234567890abcdef\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab", 400)] // the end within the content
    [InlineData("GET / HT", 400)]
    public void Bad_requests_and_their_answers(string message, int status)
    {
        Seen seen = Whole(message, requests: true);
        Assert.Equal((status, false, false), (seen.Fault, seen.Complete, seen.KeepsAlive));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 OK 1", "hi", true, 0)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1", "200 OK 1", "hi", true, 8)]
    [InlineData("HTTP/1.1 404 Not Found at all\r\nContent-Length: 0\r\n\r\n", "404 Not Found at all 1", "", true, 0)]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200  1", "", true, 0)]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200  1", "", true, 0)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nto the end", "200 OK 1", "to the end", false, 0)] // §6.3, rule 8
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "200 OK 1", "", false, 0)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 No Content 1", "", true, 0)] // §6.3, rule 1
    [InlineData("HTTP/1.1 304 Not Modified\r\n\r\n", "304 Not Modified 1", "", true, 0)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", "100 Continue 1", "", true, 0)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 OK 0", "x", false, 0)]
    [InlineData("HTTP/1.1 200 OK\r\nX: a\r\n\t b\r\nContent-Length: 0\r\n\r\n", "200 OK 1", "", true, 0)] // §5.2: a client takes obs-fold
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 OK 1", "hi", true, 0)]
    public void Good_responses(string message, string start, string content, bool keepsAlive, int rest)
    {
        Seen seen = Whole(message, requests: false);
        Assert.Equal(new Seen(0, start, seen.Fields, content, true, keepsAlive, rest), seen);
    }

    [Theory]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 600 OK\r\n\r\n")]
    [InlineData("HTTP/3.0 200 OK\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("SSH-2.0-x\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded\r\n\r\n")]
    [InlineData("")]
    public void Bad_responses(string message)
    {
        Seen seen = Whole(message, requests: false);
        Assert.True(seen.Fault > 0 && !seen.Complete, seen.ToString());
    }

    [Fact]
    public void A_response_to_HEAD_ends_with_its_head()
    {
        var parser = new HttpParser(requests: false, HttpLimits.Client);
        parser.Reset(noContent: true);
        byte[] message = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP");
        Assert.Equal(message.Length - 4, parser.Feed(message, out _));
        Assert.True(parser.IsComplete && parser.KeepsAlive);
    }

    [Theory]
    [InlineData("", 'x', 414)]
    [InlineData("GET / HTTP/1.1\r\nX: ", 'x', 431)]
    [InlineData("GET / HTTP/1.1\r\n", '\n', 400)] // a head that ends without Host
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", '0', 431)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", 'x', 431)]
    [InlineData("", '\n', 431)] // empty lines without end
    public void What_never_ends_is_refused(string start, char endless, int status)
    {
        var parser = new HttpParser(requests: true, new HttpLimits());
        parser.Reset();
        parser.Feed(Encoding.Latin1.GetBytes(start), out _);
        parser.Feed(Encoding.Latin1.GetBytes(start), out _);
        parser.Reset();
        Read(parser, Encoding.Latin1.GetBytes(start));
        byte[] more = Encoding.Latin1.GetBytes(new string(endless, 1000));
        int fed = 0;
        while (!parser.IsDone && fed < 1_000_000)
        {
            Read(parser, more);
            fed += more.Length;
        }

        Assert.Equal(status, parser.Fault?.Status);
        Assert.True(fed <= 40_000, $"{fed} bytes were taken");
    }

    [Fact]
    public void Too_many_fields_are_refused()
    {
        string message = "GET / HTTP/1.1\r\n" + Host + string.Concat(Enumerable.Range(0, 100).Select(i => $"X{i}: y\r\n")) + "\r\n";
        Assert.Equal(431, Whole(message, requests: true).Fault);
        Assert.Equal(431, Whole("GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Repeat("X: " + new string('y', 5000) + "\r\n", 8)) + "\r\n", requests: true).Fault);
    }

    [Fact]
    public void Pipelined_requests_come_one_by_one()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
        var parser = new HttpParser(requests: true, new HttpLimits());
        var targets = new List<string>();
        for (int at = 0; at < bytes.Length;)
        {
            parser.Reset();
            while (!parser.IsDone)
            {
                at += parser.Feed(bytes.AsSpan(at), out _);
            }

            targets.Add(parser.Target);
        }

        Assert.Equal(["/1", "/2", "/3"], targets);
    }

    /// <summary>RFC 9112 §2.1: a message is a sequence of octets; where the stream cuts it means nothing.</summary>
    [Fact]
    public void Any_split_of_the_bytes_gives_the_same()
    {
        string[] parts =
        [
            "GET / HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 301 Moved\r\n", "Host: a\r\n", "Content-Length: 5\r\n", "Content-Length: 7\n",
            "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "X: y\r\n z\r\n", "\r\n", "hello", "3\r\nabc\r\n", "0\r\n", "\0", "\r", "\n", ":", " ", "5;x\r\nabcde\r\n",
        ];
        Gen<string> message = Gen.Elements(parts).ListOf().Select(p => string.Concat(p.Take(14)));
        Gen<(string, int[], bool)> cases = message.SelectMany(m => Gen.Choose(1, 9).ListOf().SelectMany(c => Gen.Elements(true, false).Select(r => (m, c.ToArray(), r))));
        Prop.ForAll(cases.ToArbitrary(), sample =>
        {
            (string text, int[] cuts, bool requests) = sample;
            return Whole(text, requests) == Pieces(text, requests, cuts);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static Seen Whole(string text, bool requests) => Pieces(text, requests, []);

    private static Seen Pieces(string text, bool requests, int[] cuts)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        var parser = new HttpParser(requests, requests ? new HttpLimits() : HttpLimits.Client);
        parser.Reset();
        var content = new StringBuilder();
        int at = 0;
        for (int i = 0; at < bytes.Length && !parser.IsDone; i++)
        {
            int length = Math.Min(i < cuts.Length ? cuts[i] : bytes.Length, bytes.Length - at);
            at += Read(parser, bytes.AsSpan(at, length), content);
        }

        int rest = parser.IsComplete ? bytes.Length - at : 0;
        parser.End();
        string start = parser.Fault is not null ? "" : requests ? $"{parser.Method} {parser.Target} {parser.Minor}" : $"{parser.Status} {parser.Reason} {parser.Minor}";
        return new Seen(
            parser.Fault?.Status ?? 0, start, string.Join('|', parser.Fields.Lines), parser.Fault is null ? content.ToString() : "", parser.IsComplete, parser.KeepsAlive, rest);
    }

    private static int Read(HttpParser parser, ReadOnlySpan<byte> data, StringBuilder? text = null)
    {
        int read = 0;
        while (read < data.Length && !parser.IsDone)
        {
            read += parser.Feed(data[read..], out ReadOnlySpan<byte> content);
            text?.Append(Encoding.Latin1.GetString(content));
        }

        return read;
    }
}
