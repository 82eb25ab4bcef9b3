namespace SimNet.Scripting.Running;

/// <summary>How flags are written: <c>SYN,ACK</c>.</summary>
internal static class FlagNames
{
    private static readonly (TcpFlags Flag, string Name)[] Order =
    [
        (TcpFlags.Syn, "SYN"), (TcpFlags.Fin, "FIN"), (TcpFlags.Rst, "RST"), (TcpFlags.Psh, "PSH"), (TcpFlags.Urg, "URG"),
        (TcpFlags.Ece, "ECE"), (TcpFlags.Cwr, "CWR"), (TcpFlags.Ae, "AE"), (TcpFlags.Ack, "ACK"),
    ];

    public static string Of(TcpFlags flags) =>
        flags == TcpFlags.None ? "no flags" : string.Join(',', Order.Where(o => (flags & o.Flag) != 0).Select(o => o.Name));
}
