using System.Globalization;
using SimNet.Observe;
using SimNet.Scripting.Running;
using SimStack.Ip;

namespace SimNet.Scripting.Ladder;

/// <summary>Writes segments on arrows: flags, relative numbers, and what changed since the last one of that direction.</summary>
internal sealed class SegmentText
{
    private readonly RelativeNumbers _numbers = new();
    private readonly Dictionary<(IpEndpoint, IpEndpoint), (int Window, string Kinds)> _last = [];

    /// <summary>The text, and whether the segment repeats what was sent before.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isForwarded">A router passes it on: that its sequence space was seen before means nothing.</param>
    public (string Text, bool Repeats) Next(PacketRecord packet, bool isForwarded = false)
    {
        if (packet.Segment is not { } segment)
        {
            return (packet.Text + Effects(packet), false);
        }

        CultureInfo c = CultureInfo.InvariantCulture;
        (long seq, long ack, bool repeats) = _numbers.Next(segment, keep: (packet.Effects & LinkEffects.Injected) == LinkEffects.None);
        repeats &= !isForwarded;
        string text = FlagNames.Of(segment.Flags) + string.Create(c, $" seq {seq}");
        text += segment.Has(TcpFlags.Ack) ? string.Create(c, $" ack {ack}") : "";
        text += segment.Length > 0 ? string.Create(c, $" len {segment.Length}") : "";
        text += (repeats ? " again" : "") + Effects(packet);
        bool injected = (packet.Effects & LinkEffects.Injected) != LinkEffects.None;
        return (injected ? text : text + WindowAndOptions(segment, ack - segment.Ack.Value), repeats);
    }

    private string WindowAndOptions(SegmentRecord segment, long relative)
    {
        var key = (segment.Source, segment.Destination);
        bool known = _last.TryGetValue(key, out (int Window, string Kinds) last) && !segment.Has(TcpFlags.Syn);
        string[] options = [.. Split(segment.Options).Where(o => o is not ("nop" or "eol")).Select(o => Short(o.Replace("  ", " ", StringComparison.Ordinal), relative))];
        string kinds = string.Join(' ', options.Where(o => !o.StartsWith("sack ", StringComparison.Ordinal)));
        _last[key] = (segment.Window, kinds);
        string window = known && last.Window == segment.Window ? "" : string.Create(CultureInfo.InvariantCulture, $" win {segment.Window}");
        // After the SYN, timestamps are in every segment; what is new is worth saying.
        bool syn = segment.Has(TcpFlags.Syn);
        string[] shown = syn ? options : [.. options.Where(o => o != "TS" || (known && last.Kinds != kinds && last.Kinds.Length == 0))];
        return window + (shown.Length > 0 ? " " + string.Join(' ', shown) : "");
    }

    private static IEnumerable<string> Split(string options) => options.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static string Short(string option, long relative)
    {
        if (option.StartsWith("ECN", StringComparison.Ordinal))
        {
            return "AccECN";
        }

        if (option.StartsWith("TS ", StringComparison.Ordinal))
        {
            return "TS";
        }

        if (option.StartsWith("wscale", StringComparison.Ordinal))
        {
            return "ws" + option["wscale".Length..];
        }

        return option.StartsWith("sack ", StringComparison.Ordinal) ? "sack" + Blocks(option, relative) : option;
    }

    private static string Blocks(string option, long relative)
    {
        IEnumerable<string> blocks = option.Split('{', '}').Where(p => p.Contains(':', StringComparison.Ordinal)).Select(p =>
        {
            string[] ends = p.Split(':');
            return string.Join(':', ends.Select(e => Relative(e, relative)));
        });
        return string.Concat(blocks.Select(b => " " + b));
    }

    private static string Relative(string number, long relative)
    {
        long value = long.Parse(number, CultureInfo.InvariantCulture) + relative;
        return ((value + (1L << 33)) % (1L << 32)).ToString(CultureInfo.InvariantCulture);
    }

    private static string Effects(PacketRecord packet)
    {
        LinkEffects effects = packet.Effects;
        return ((effects & LinkEffects.HeldBack) != 0 ? " (held back)" : "")
            + ((effects & LinkEffects.Duplicated) != 0 ? " (twice)" : "")
            + ((effects & LinkEffects.Corrupted) != 0 ? " (corrupted)" : "")
            + ((effects & LinkEffects.Edited) != 0 ? " (changed)" : "")
            + ((effects & LinkEffects.Marked) != 0 ? " (marked CE)" : "")
            + ((effects & LinkEffects.Injected) != 0 ? " (injected)" : "");
    }
}
