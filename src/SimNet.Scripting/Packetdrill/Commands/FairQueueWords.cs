using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using SimStack.Ip.Queues;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>The words behind <c>tc qdisc … fq</c>, by tc-fq(8).</summary>
internal static class FairQueueWords
{
    /// <summary>Reads them.</summary>
    /// <param name="words">In order.</param>
    /// <param name="before">What holds where they say nothing.</param>
    /// <param name="after">With what they say.</param>
    /// <param name="error">As tc would put it.</param>
    public static bool TryRead(IReadOnlyList<string> words, FairQueueOptions before, out FairQueueOptions after, [NotNullWhen(false)] out string? error)
    {
        after = before;
        error = null;
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (Flag(word, after) is { } flagged)
            {
                after = flagged;
                continue;
            }

            List<string> values = [];
            int wanted = word switch { "weights" => 3, "priomap" => 16, _ => 1 };
            while (values.Count < wanted && i + 1 < words.Count)
            {
                values.Add(words[++i]);
            }

            FairQueueOptions? changed = values.Count == wanted ? Value(word, values, after) : null;
            if (changed is null)
            {
                error = IsKnown(word) ? $"Illegal \"{word}\"" : $"What is \"{CommandCall.Shown(word)}\"?";
                return false;
            }

            after = changed;
        }

        return true;
    }

    private static FairQueueOptions? Flag(string word, FairQueueOptions options) => word switch
    {
        "pacing" => options with { Pacing = true },
        "nopacing" => options with { Pacing = false },
        "horizon_drop" => options with { HorizonDrop = true },
        "horizon_cap" => options with { HorizonDrop = false },
        _ => null,
    };

    private static bool IsKnown(string word) => word is "limit" or "flow_limit" or "quantum" or "initial_quantum" or "maxrate" or "defrate" or "buckets"
        or "refill_delay" or "low_rate_threshold" or "orphan_mask" or "timer_slack" or "ce_threshold" or "horizon" or "weights" or "priomap" or "bands";

    private static FairQueueOptions? Value(string word, List<string> values, FairQueueOptions options)
    {
        string text = values[0];
        return word switch
        {
            "limit" when Number(text, 0) is { } n => options with { Limit = n },
            "flow_limit" when Number(text, 0) is { } n => options with { FlowLimit = n },
            "quantum" when Number(text, 1) is <= 1 << 20 and var n => options with { Quantum = n },
            "initial_quantum" when Number(text, 0) is { } n => options with { InitialQuantum = n },
            "buckets" when Number(text, 1) is <= 256 << 10 and var n => options with { Buckets = n },
            "orphan_mask" when Number(text, 0) is { } n => options with { OrphanMask = (uint)n },
            "maxrate" when Rate(text) is { } rate => options with { MaxRate = rate },
            "defrate" when Rate(text) is not null => options, // Linux ignores it.
            "low_rate_threshold" when Rate(text) is { } rate => options with { LowRateThreshold = rate },
            "refill_delay" when Time(text, 1000) is { } time => options with { RefillDelay = time },
            "timer_slack" when Time(text, 1) is { } time => options with { TimerSlack = time },
            "ce_threshold" when Time(text, 1000) is { } time => options with { CeThreshold = time },
            "horizon" when Time(text, 1000) is { } time => options with { Horizon = time },
            "weights" when Numbers(values, 1 << 16, int.MaxValue) is { } all => options with { Weights = all },
            "priomap" when Numbers(values, 0, 2) is { } all => options with { PriorityMap = all },
            "bands" when text == "3" => options,
            _ => null,
        };
    }

    private static int? Number(string text, int least)
    {
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool read = hexadecimal
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long value)
            : CommandNumbers.TryParseSize(text, out value);
        return read && value >= least && value <= int.MaxValue ? (int)value : null;
    }

    private static int[]? Numbers(List<string> texts, int least, int most)
    {
        int[] all = new int[texts.Count];
        for (int i = 0; i < all.Length; i++)
        {
            if (Number(texts[i], least) is not { } number || number > most)
            {
                return null;
            }

            all[i] = number;
        }

        return all;
    }

    private static long? Rate(string text) => CommandNumbers.TryParseRate(text, out long bytes) ? bytes : null;

    private static Duration? Time(string text, long unit) =>
        CommandNumbers.TryParseTime(text, unit, out long nanoseconds) ? Duration.FromNanoseconds(nanoseconds) : null;
}
