namespace SimNet.Observe;

/// <summary>How drop reasons are written.</summary>
public static class DropReasonNames
{
    private static readonly string[] Names =
    [
        "not dropped", "no link", "link down", "longer than the MTU", "queue full", "random loss", "fault rule",
        "frame check sequence", "refused by switch", "queue management",
    ];

    /// <summary>In a few words: <c>queue full</c>.</summary>
    public static string ToText(this DropReason reason) => Names[(int)reason];
}
