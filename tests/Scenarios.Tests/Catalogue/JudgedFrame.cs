namespace Scenarios.Tests.Catalogue;

/// <summary>What tshark says of a frame: asked once for each capture, since to start it takes longer than to read one.</summary>
public sealed class JudgedFrame
{
    private const string Bad = "0";
    private const string Good = "1";
    private const string ErrorSeverity = "8388608";

    private static readonly string[] FlagNames =
    [
        "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment", "duplicate_ack",
        "reused_ports", "window_update", "window_full", "keep_alive", "keep_alive_ack", "zero_window", "zero_window_probe",
        "zero_window_probe_ack", "tfo_syn", "tfo_ack", "tfo_ignored",
    ];

    private static readonly string[] Fields =
    [
        "frame.number", "frame.protocols", "_ws.malformed", "_ws.expert.severity", "ip.checksum.status", "icmp.checksum.status",
        "icmpv6.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.type", "icmpv6.type", "tcp.analysis.flags",
        .. FlagNames.Select(f => $"tcp.analysis.{f}"), "_ws.expert.message",
    ];

    private readonly string[] _row;

    private JudgedFrame(string capture, string[] row)
    {
        Capture = Path.GetFileName(capture);
        _row = row;
        Flags = [.. FlagNames.Where((_, i) => row[Fields.Length - FlagNames.Length - 1 + i].Length > 0)];
    }

    /// <summary>The file's name.</summary>
    public string Capture { get; }

    /// <summary>From 1.</summary>
    public string Number => _row[0];

    /// <summary>What its expert remarks.</summary>
    public string Message => _row[^1];

    /// <summary>The TCP analysis remarks on it.</summary>
    public bool IsAnalysed => Of("tcp.analysis.flags").Length > 0;

    /// <summary>With which of the flags that are known here.</summary>
    public IReadOnlyList<string> Flags { get; }

    /// <summary>ARP, IPv4 or IPv6.</summary>
    public bool IsAddressed => Of("frame.protocols").Split(':').Intersect(["arp", "ip", "ipv6"]).Any();

    /// <summary>Malformed, with a bad checksum, or an error to the expert.</summary>
    public bool IsBad => Of("_ws.malformed").Length > 0
        || new[] { "ip", "icmp", "icmpv6" }.Any(p => All($"{p}.checksum.status").Contains(Bad))
        || (!IsQuotation && (All("_ws.expert.severity").Contains(ErrorSeverity) || All("tcp.checksum.status").Contains(Bad) || All("udp.checksum.status").Contains(Bad)));

    /// <summary>No segment, or one whose checksum was found good.</summary>
    public bool IsVerified => IsQuotation || !Of("frame.protocols").Split(':').Contains("tcp") || All("tcp.checksum.status").Contains(Good);

    /// <summary>Wireshark calls the checksum of a segment bad of which an ICMP error quotes only a part.</summary>
    private bool IsQuotation => All("icmp.type").Intersect(["3", "11"]).Any() || All("icmpv6.type").Any(t => t.Length is 1 or 2 || (t.Length == 3 && string.CompareOrdinal(t, "128") < 0));

    /// <summary>All frames of a capture.</summary>
    public static IReadOnlyList<JudgedFrame> Read(string capture) => [.. Tshark.Rows(capture, "frame", Fields).Select(row => new JudgedFrame(capture, row))];

    private string Of(string field) => _row[Array.IndexOf(Fields, field)];

    private string[] All(string field) => Of(field).Split(',', StringSplitOptions.RemoveEmptyEntries);
}
