using System.Buffers;
using System.Text;

namespace SimNet.Scripting.Applications;

/// <summary>
/// Reads one HTTP/1.1 message after the other (RFC 9112) from bytes as they come: a message means the same however the stream cuts it.
/// What it keeps is bounded by <see cref="HttpLimits"/>; nothing that arrives makes it throw.
/// </summary>
/// <param name="requests">True: a server's, for requests; false: a client's, for responses.</param>
/// <param name="limits">What is too much.</param>
internal sealed partial class HttpParser(bool requests, HttpLimits limits)
{
    private readonly ArrayBufferWriter<byte> _line = new();
    private Step _step;
    private int _head;
    private bool _noContent;
    private long _left;

    private enum Step
    {
        StartLine,
        Field,
        Content,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailer,
        UntilClose,
        Complete,
        Bad,
    }

    /// <summary>Of a request: GET.</summary>
    public string Method { get; private set; } = "";

    /// <summary>Of a request: /index.html.</summary>
    public string Target { get; private set; } = "";

    /// <summary>Of a response: 200.</summary>
    public int Status { get; private set; }

    /// <summary>Of a response: OK.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>HTTP/1.N.</summary>
    public int Minor { get; private set; }

    public HttpFields Fields { get; } = new();

    /// <summary>Bytes of content so far.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Why the message is refused; null: it is not.</summary>
    public HttpFault? Fault { get; private set; }

    /// <summary>True once the head is read and good.</summary>
    public bool HasHead => _step is not (Step.StartLine or Step.Field or Step.Bad);

    /// <summary>True once the whole message is read.</summary>
    public bool IsComplete => _step == Step.Complete;

    /// <summary>True when nothing more is read, for better or worse.</summary>
    public bool IsDone => _step is Step.Complete or Step.Bad;

    /// <summary>True when the content goes on to the end of the stream (RFC 9112 §6.3, rule 8).</summary>
    public bool EndsWithStream { get; private set; }

    /// <summary>True when nothing of the message has come.</summary>
    public bool IsUntouched => _step == Step.StartLine && _head == 0 && _line.WrittenCount == 0;

    /// <summary>True when the connection can be used on after this message (RFC 9112 §9.3).</summary>
    public bool KeepsAlive => Fault is null && !EndsWithStream && !Fields.HasMember("Connection", "close")
        && (Minor >= 1 || Fields.HasMember("Connection", "keep-alive"));

    /// <summary>Gets ready for the next message.</summary>
    /// <param name="noContent">The response will be to HEAD: it ends with its head, whatever that says.</param>
    public void Reset(bool noContent = false)
    {
        _step = Step.StartLine;
        _line.ResetWrittenCount();
        _head = 0;
        _left = 0;
        _noContent = noContent;
        (Method, Target, Status, Reason, Minor) = ("", "", 0, "", 0);
        Fields.Clear();
        ContentLength = 0;
        EndsWithStream = false;
        Fault = null;
    }

    /// <summary>Reads on; returns after each piece of content and when the head ends.</summary>
    /// <param name="data">What came.</param>
    /// <param name="content">The content among what was read; empty for lines.</param>
    /// <returns>How many bytes were read; 0 only when there are none or the message is done.</returns>
    public int Feed(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> content)
    {
        content = default;
        int read = 0;
        while (read < data.Length && !IsDone)
        {
            ReadOnlySpan<byte> rest = data[read..];
            if (_step is Step.Content or Step.ChunkData or Step.UntilClose)
            {
                content = rest[..(int)Math.Min(rest.Length, _left)];
                read += content.Length;
                Take(content.Length);
                return read;
            }

            bool hadHead = HasHead;
            read += FeedLine(rest);
            if (HasHead && !hadHead)
            {
                return read;
            }
        }

        return read;
    }

    /// <summary>The stream ended.</summary>
    public void End()
    {
        if (_step == Step.UntilClose)
        {
            _step = Step.Complete;
        }
        else if (!IsDone)
        {
            Refuse(400, IsUntouched ? "the stream ended before a message" : "the stream ended within a message");
        }
    }

    /// <summary>The message did not come in time (RFC 9110 §15.5.9).</summary>
    public void TimeOut() => Refuse(408, "the request did not come in time");

    private int FeedLine(ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)'\n');
        ReadOnlySpan<byte> part = end < 0 ? data : data[..end];
        bool inHead = limits.Head - _head < limits.Line;
        int most = inHead ? limits.Head - _head : limits.Line;
        if (_line.WrittenCount + part.Length > most)
        {
            bool start = requests && _step == Step.StartLine && !inHead;
            Refuse(start ? 414 : 431, inHead ? "the head is too large" : start ? "the request line is too long" : "a line is too long");
            return 0;
        }

        _line.Write(part);
        if (end < 0)
        {
            return part.Length;
        }

        // RFC 9112 §2.2: a recipient may take a single LF for a line's end.
        string line = Encoding.Latin1.GetString(_line.WrittenSpan);
        _head += line.Length + 1;
        _line.ResetWrittenCount();
        Line(line.EndsWith('\r') ? line[..^1] : line);
        return end + 1;
    }

    private void Line(string line)
    {
        if (line.Any(c => c != '\t' && (c < ' ' || c == '\x7f')))
        {
            Refuse(400, "a control character in a line");
            return;
        }

        switch (_step)
        {
            case Step.StartLine when line.Length == 0 && requests:
                // RFC 9112 §2.2: empty lines before a request are ignored; the limit of the head counts them.
                break;
            case Step.StartLine:
                StartLine(line);
                break;
            case Step.Field when line.Length == 0:
                EndOfHead();
                break;
            case Step.Trailer when line.Length == 0:
                _step = Step.Complete;
                break;
            case Step.ChunkSize:
                ChunkSize(line);
                break;
            case Step.ChunkEnd:
                EndOfChunk(line);
                break;
            default:
                Field(line);
                break;
        }
    }

    private void StartLine(string line)
    {
        _step = Step.Field;
        if (requests)
        {
            RequestLine(line);
        }
        else
        {
            StatusLine(line);
        }
    }

    // RFC 9112 §3: method SP request-target SP HTTP-version, single spaces.
    private void RequestLine(string line)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 3 || !IsToken(parts[0]) || parts[1].Length == 0 || parts[1].Any(c => c is <= ' ' or > '~'))
        {
            Refuse(400, "a bad request line");
            return;
        }

        (Method, Target) = (parts[0], parts[1]);
        Version(parts[2]);
    }

    // RFC 9112 §4: HTTP-version SP 3DIGIT SP [reason]; the second space is often missing when there is no reason.
    private void StatusLine(string line)
    {
        string[] parts = line.Split(' ', 3);
        if (parts.Length < 2 || parts[1].Length != 3 || !parts[1].All(char.IsAsciiDigit) || parts[1][0] is < '1' or > '5')
        {
            Refuse(502, "a bad status line");
            return;
        }

        Status = ((parts[1][0] - '0') * 100) + ((parts[1][1] - '0') * 10) + parts[1][2] - '0';
        Reason = parts.Length > 2 ? parts[2] : "";
        Version(parts[0]);
    }

    private void Version(string text)
    {
        if (text.Length != 8 || !text.StartsWith("HTTP/", StringComparison.Ordinal) || !char.IsAsciiDigit(text[5]) || text[6] != '.' || !char.IsAsciiDigit(text[7]))
        {
            Refuse(400, "a bad version");
        }
        else if (text[5] != '1')
        {
            Refuse(505, "a version other than HTTP/1");
        }

        Minor = text.Length == 8 ? text[7] - '0' : 0;
    }

    // RFC 9112 §5: field-name ":" OWS field-value OWS, nothing between name and colon.
    private void Field(string line)
    {
        if (line[0] is ' ' or '\t')
        {
            Continue(line);
            return;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !IsToken(line[..colon]))
        {
            Refuse(400, "a bad field line");
        }
        else if (Fields.Count >= limits.Fields)
        {
            Refuse(431, "too many fields");
        }
        else if (_step == Step.Field)
        {
            // What stands in the trailer section changes nothing and is not kept (RFC 9110 §6.5.1).
            Fields.Add(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
        }
    }

    // RFC 9112 §5.2: a server refuses obs-fold, a client takes it for a space.
    private void Continue(string line)
    {
        if (requests || Fields.Count == 0 || _step != Step.Field)
        {
            Refuse(400, "a folded line");
        }
        else
        {
            Fields.Fold(line.Trim(' ', '\t'));
        }
    }

    private void Refuse(int status, string reason)
    {
        _step = Step.Bad;
        Fault ??= new HttpFault(status, reason);
    }

    // RFC 9110 §5.6.2
    private static bool IsToken(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
}
