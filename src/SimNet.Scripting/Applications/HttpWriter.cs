using System.Globalization;
using System.Text;

namespace SimNet.Scripting.Applications;

/// <summary>Writes heads of messages (RFC 9112 §3, §4, §5).</summary>
internal static class HttpWriter
{
    /// <summary>A head: its first line, the user's field lines, and the own ones of whose name there is none.</summary>
    public static byte[] Head(string first, IReadOnlyList<KeyValuePair<string, string>> fields, params (string Name, string? Value)[] own)
    {
        var text = new StringBuilder(first).Append("\r\n");
        foreach ((string name, string? value) in own)
        {
            if (value is not null && !fields.Any(f => string.Equals(f.Key, name, StringComparison.OrdinalIgnoreCase)))
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        foreach (KeyValuePair<string, string> field in fields)
        {
            text.Append(CultureInfo.InvariantCulture, $"{field.Key}: {field.Value}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>RFC 9110 §5.6.7, IMF-fixdate.</summary>
    public static string Date(DateTimeOffset time) => time.ToString("r", CultureInfo.InvariantCulture);

    /// <summary>RFC 9110 §15: the reason phrases.</summary>
    public static string Reason(int status) => status switch
    {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    };
}
