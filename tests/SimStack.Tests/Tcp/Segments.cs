using System.Text;
using SimStack.Wire;

namespace SimStack.Tests.Tcp;

/// <summary>Segments by name, for <c>using static</c>: <c>peer.Send(Syn(seq: 100)); peer.Expect(SynAck(seq: 1000, ack: 101));</c></summary>
internal static class Segments
{
    public static SegmentPattern Bare(TcpFlags flags, uint? seq = null, uint? ack = null) => new() { Flags = flags, Seq = seq, Ack = ack };

    public static SegmentPattern Syn(uint? seq = null) => Bare(TcpFlags.Syn, seq);

    public static SegmentPattern SynAck(uint? seq = null, uint? ack = null) => Bare(TcpFlags.Syn | TcpFlags.Ack, seq, ack);

    /// <summary>An acknowledgement without data.</summary>
    public static SegmentPattern Ack(uint? seq = null, uint? ack = null) => Bare(TcpFlags.Ack, seq, ack) with { Length = 0 };

    /// <summary>FIN, which carries ACK as every segment does then.</summary>
    public static SegmentPattern Fin(uint? seq = null, uint? ack = null) => Bare(TcpFlags.Fin | TcpFlags.Ack, seq, ack);

    /// <summary>RST alone: what answers a segment with ACK.</summary>
    public static SegmentPattern Rst(uint? seq = null) => Bare(TcpFlags.Rst, seq);

    public static SegmentPattern RstAck(uint? seq = null, uint? ack = null) => Bare(TcpFlags.Rst | TcpFlags.Ack, seq, ack);

    public static SegmentPattern Data(uint? seq, uint? ack, string text) =>
        Bare(TcpFlags.Ack, seq, ack) with { Data = Encoding.ASCII.GetBytes(text) };

    public static SegmentPattern Data(uint? seq, uint? ack, byte[] data) => Bare(TcpFlags.Ack, seq, ack) with { Data = data };

    /// <summary>That many bytes; sent, they are 0, 1, 2 … from the sequence number on.</summary>
    public static SegmentPattern Data(uint? seq, uint? ack, int length) => Bare(TcpFlags.Ack, seq, ack) with { Length = length };
}
