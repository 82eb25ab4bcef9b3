using System.Globalization;

namespace SimNet.Scripting.Applications;

/// <summary>Where a message's content ends (RFC 9112 §6 and §7).</summary>
internal sealed partial class HttpParser
{
    private void EndOfHead()
    {
        if (requests && HostFault() is { } fault)
        {
            Refuse(400, fault);
            return;
        }

        // RFC 9112 §6.3, rule 1.
        if (!requests && (_noContent || Status is < 200 or 204 or 304))
        {
            _step = Step.Complete;
            return;
        }

        bool coded = Fields.Has("Transfer-Encoding");
        if (coded && (Minor == 0 || Fields.Has("Content-Length")))
        {
            // RFC 9112 §6.1 and §6.3, rule 3: this is how requests are smuggled, so neither side guesses.
            Refuse(400, Minor == 0 ? "Transfer-Encoding in HTTP/1.0" : "both Transfer-Encoding and Content-Length");
        }
        else if (coded)
        {
            Coded(Fields.Members("Transfer-Encoding"));
        }
        else if (Fields.Has("Content-Length"))
        {
            Sized();
        }
        else if (requests)
        {
            _step = Step.Complete;
        }
        else
        {
            EndsWithStream = true;
            _left = limits.Body;
            _step = Step.UntilClose;
        }
    }

    // RFC 9112 §3.2: one Host in every HTTP/1.1 request.
    private string? HostFault()
    {
        int hosts = Fields.Lines.Count(l => string.Equals(l.Name, "Host", StringComparison.OrdinalIgnoreCase));
        string host = Fields.First("Host") ?? "";
        return hosts == 0 && Minor >= 1 ? "no Host"
            : hosts > 1 ? "Host more than once"
            : host.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-._~%!$&'()*+,;=:[]".Contains(c, StringComparison.Ordinal)) ? "a bad Host"
            : null;
    }

    // RFC 9112 §6.3, rule 4.
    private void Coded(List<string> codings)
    {
        bool chunked = codings.Count > 0 && string.Equals(codings[^1], "chunked", StringComparison.OrdinalIgnoreCase);
        if (chunked && codings.Count == 1)
        {
            _step = Step.ChunkSize;
            _head = 0;
        }
        else if (chunked)
        {
            Refuse(501, "a transfer coding other than chunked");
        }
        else
        {
            Refuse(400, "Transfer-Encoding does not end in chunked");
        }
    }

    // RFC 9112 §6.3, rules 5 and 6: the same number several times is one number.
    private void Sized()
    {
        List<string> values = [.. Fields.Lines.Where(l => string.Equals(l.Name, "Content-Length", StringComparison.OrdinalIgnoreCase))
            .SelectMany(l => l.Value.Split(',')).Select(v => v.Trim(' ', '\t')).Distinct(StringComparer.Ordinal)];
        if (values.Count != 1 || !values[0].All(char.IsAsciiDigit) || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            Refuse(400, "a bad Content-Length");
        }
        else if (length > limits.Body)
        {
            Refuse(413, "the content is too large");
        }
        else
        {
            _left = length;
            _step = length == 0 ? Step.Complete : Step.Content;
        }
    }

    // RFC 9112 §7.1: chunk-size [chunk-ext].
    private void ChunkSize(string line)
    {
        _head = 0;
        int end = line.IndexOf(';', StringComparison.Ordinal);
        string digits = (end < 0 ? line : line[..end]).TrimEnd(' ', '\t');
        if (digits.Length is 0 or > 15 || !long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long size))
        {
            Refuse(400, "a bad chunk size");
        }
        else if (size > limits.Body - ContentLength)
        {
            Refuse(413, "the content is too large");
        }
        else
        {
            _left = size;
            _step = size == 0 ? Step.Trailer : Step.ChunkData;
        }
    }

    private void EndOfChunk(string line)
    {
        _head = 0;
        _step = Step.ChunkSize;
        if (line.Length > 0)
        {
            Refuse(400, "a chunk is longer than its size");
        }
    }

    private void Take(int length)
    {
        ContentLength += length;
        _left -= length;
        if (_left > 0)
        {
            return;
        }

        switch (_step)
        {
            case Step.ChunkData:
                _step = Step.ChunkEnd;
                break;
            case Step.UntilClose:
                Refuse(413, "the content is too large");
                break;
            default:
                _step = Step.Complete;
                break;
        }
    }
}
