namespace SimNet.Scripting.Schema;

/// <summary>The shapes of datagrams' calls.</summary>
internal static partial class Shapes
{
    private static ShapeKey[] DatagramWords =>
    [
        new("sendto", "#sendto-arguments", "Sends a datagram, or several; opens a UDP socket if there is none."),
        new("recvfrom", "size|#recvfrom-arguments", "Receives a datagram, or several."),
    ];

    public static readonly Shape SendToArguments = new("sendto-arguments", "sendto in full.",
    [
        new("to", "endpoint", "HOST:PORT or ADDRESS:PORT.", Required: true),
        new("socket", "string", "The socket; default: the UDP socket used last."),
        .. ContentKeys,
        new("count", "integer:1..1000000", "So many datagrams; {n} in the text becomes each one's number."),
        new("interval", "duration", "Between them; default: none."),
    ]);

    public static readonly Shape ReceiveFromArguments = new("recvfrom-arguments", "recvfrom in full.",
        new("socket", "string", "The socket; default: the UDP socket used last."),
        new("bytes", "size", "The buffer's size; default 65535."),
        new("count", "integer:1..1000000", "At most so many datagrams."),
        new("timeout", "duration", "How long it waits for each, then EAGAIN; default: without end."),
        new("flags", "enum:MSG_PEEK,MSG_TRUNC,MSG_DONTWAIT|string[]", "Flags of recvfrom."));

    private static Shape[] Datagrams => [SendToArguments, ReceiveFromArguments];
}
