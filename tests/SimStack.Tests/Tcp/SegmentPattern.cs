using System.Globalization;
using System.Text;
using SimStack.Wire;

namespace SimStack.Tests.Tcp;

/// <summary>
/// A segment as a test writes it. To be sent: what is not given is 0 or absent (the window 65,535). Expected: what is not given is not
/// looked at; the control bits must be exactly these, but for PSH, which counts only when <see cref="Push"/> was given.
/// </summary>
internal sealed record SegmentPattern
{
    public TcpFlags Flags { get; init; }

    public uint? Seq { get; init; }

    public uint? Ack { get; init; }

    public byte[]? Data { get; init; }

    /// <summary>Bytes of data, where only their number matters.</summary>
    public int? Length { get; init; }

    /// <summary>As on the wire, not scaled.</summary>
    public ushort? Window { get; init; }

    public ushort? UrgentPointer { get; init; }

    public bool? Pushed { get; init; }

    public int? MssOption { get; init; }

    /// <summary>-1: no such option.</summary>
    public int? ScaleOption { get; init; }

    public bool? SackPermittedOption { get; init; }

    public bool? HasTimestamps { get; init; }

    public uint? TsVal { get; init; }

    public uint? TsEcr { get; init; }

    public SackBlock[]? SackBlocks { get; init; }

    /// <summary>The IP header's ECN field when it is sent; not part of a pattern.</summary>
    public byte EcnField { get; init; }

    /// <summary>Fast Open's option as hexadecimal digits; empty for a request, null for none.</summary>
    public string? Cookie { get; init; }

    /// <summary>How it is signed; null expects any or none.</summary>
    public PeerSignature? Signature { get; init; }

    /// <summary>What was received, from the first port on, for looking at its signature. Not part of a pattern.</summary>
    public SignedBytes? Received { get; init; }

    /// <summary>When it was received; not part of a pattern.</summary>
    public Instant At { get; init; }

    /// <summary>Received: the next segment is of the same offload packet. Not part of a pattern.</summary>
    public bool Followed { get; init; }

    /// <summary>SEG.LEN: data, and one each for SYN and FIN.</summary>
    public int SequenceLength => (Data?.Length ?? Length ?? 0) + ((Flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((Flags & TcpFlags.Fin) != 0 ? 1 : 0);

    public SegmentPattern With(TcpFlags flags) => this with { Flags = Flags | flags };

    public SegmentPattern Without(TcpFlags flags) => this with { Flags = Flags & ~flags };

    public SegmentPattern Marked(byte field) => this with { EcnField = field };

    public SegmentPattern Push(bool pushed = true) => this with { Pushed = pushed };

    public SegmentPattern Win(int window) => this with { Window = (ushort)window };

    public SegmentPattern Len(int length) => this with { Length = length };

    public SegmentPattern Urgent(int pointer) => this with { Flags = Flags | TcpFlags.Urg, UrgentPointer = (ushort)pointer };

    public SegmentPattern Mss(int mss) => this with { MssOption = mss };

    public SegmentPattern FastOpen(string cookie) => this with { Cookie = cookie };

    public SegmentPattern Scale(int shift) => this with { ScaleOption = shift };

    public SegmentPattern SackOk(bool present = true) => this with { SackPermittedOption = present };

    public SegmentPattern Ts(uint value, uint echo) => this with { HasTimestamps = true, TsVal = value, TsEcr = echo };

    public SegmentPattern Signed(PeerSignature signature) => this with { Signature = signature };

    /// <summary>Expects the option with any value and that echo.</summary>
    public SegmentPattern TsEcho(uint echo) => this with { HasTimestamps = true, TsEcr = echo };

    public SegmentPattern NoTs() => this with { HasTimestamps = false };

    /// <summary>SACK blocks as left, right, left, right …; none: expects that there are none.</summary>
    public SegmentPattern Sack(params uint[] edges)
    {
        SackBlock[] blocks = new SackBlock[edges.Length / 2];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = new SackBlock(new SequenceNumber(edges[2 * i]), new SequenceNumber(edges[2 * i + 1]));
        }

        return this with { SackBlocks = blocks };
    }

    /// <summary>Null when the segment is as expected; otherwise what differs.</summary>
    public string? Difference(SegmentPattern got)
    {
        TcpFlags counted = Pushed is null ? ~TcpFlags.Psh : ~TcpFlags.None;
        TcpFlags wanted = Pushed == true ? Flags | TcpFlags.Psh : Flags;
        if ((wanted & counted) != (got.Flags & counted))
        {
            return "control bits";
        }

        return Differs("seq", Seq, got.Seq) ?? Differs("ack", Ack, got.Ack) ?? Differs("length", Data?.Length ?? Length, got.Data!.Length)
            ?? Differs("window", Window, got.Window) ?? Differs("urgent pointer", UrgentPointer, got.UrgentPointer)
            ?? Differs("mss", MssOption, got.MssOption) ?? Differs("scale", ScaleOption, got.ScaleOption)
            ?? Differs("SACK permitted", SackPermittedOption, got.SackPermittedOption)
            ?? Differs("timestamps", HasTimestamps, got.HasTimestamps) ?? Differs("TSval", TsVal, got.TsVal) ?? Differs("TSecr", TsEcr, got.TsEcr)
            ?? (SackBlocks is not null && !SackBlocks.AsSpan().SequenceEqual(got.SackBlocks) ? "SACK blocks" : null)
            ?? (Cookie is not null && Cookie != got.Cookie ? "cookie" : null)
            ?? (Signature is not null && !Signature.IsRight(got.Received!) ? "signature" : null)
            ?? (Data is not null && !Data.AsSpan().SequenceEqual(got.Data) ? "data" : null);
    }

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(Flags == TcpFlags.None ? "no flags" : Flags.ToString().ToUpperInvariant());
        Append(" seq ", Seq);
        Append(" ack ", Ack);
        Append(" win ", Window);
        Append(" len ", Data?.Length ?? Length);
        Append(" urg ", UrgentPointer is 0 ? null : UrgentPointer);
        Append(" mss ", MssOption is 0 ? null : MssOption);
        Append(" wscale ", ScaleOption is -1 ? null : ScaleOption);
        text.Append(SackPermittedOption == true ? " sackOK" : "");
        Append(" TSval ", HasTimestamps == true ? TsVal : null);
        Append(" TSecr ", HasTimestamps == true ? TsEcr : null);
        text.Append(Cookie is null ? "" : $" cookie '{Cookie}'");
        foreach (SackBlock block in SackBlocks ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $" sack {block.Left}:{block.Right}");
        }

        return text.ToString();

        void Append(string name, IFormattable? value)
        {
            if (value is not null)
            {
                text.Append(name).Append(value.ToString(null, CultureInfo.InvariantCulture));
            }
        }
    }

    private static string? Differs<T>(string name, T? wanted, T? got)
        where T : struct, IEquatable<T> => wanted is { } value && !(got is { } other && value.Equals(other)) ? name : null;
}
