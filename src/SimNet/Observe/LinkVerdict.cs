using SimStack;

namespace SimNet.Observe;

/// <summary>What a link decided about a packet at the moment it was sent.</summary>
public struct LinkVerdict
{
    private static readonly string?[] EffectTexts = MakeEffectTexts();
    private static readonly string[] DropTexts =
        [.. Enum.GetValues<DropReason>().Select(reason => reason == DropReason.Switch ? reason.ToText() : "dropped by link: " + reason.ToText())];

    /// <summary>Why it is dropped; <see cref="DropReason.None"/> when it is delivered.</summary>
    public DropReason Reason { get; set; }

    /// <summary>What happens to it on the way.</summary>
    public LinkEffects Effects { get; set; }

    /// <summary>When it arrives, unless the link goes down or it is dropped.</summary>
    public Instant Due { get; set; }

    /// <summary>Copies that follow it.</summary>
    public int Copies { get; set; }

    /// <summary>
    /// For a packet comment: <c>dropped by link: random loss</c>, <c>corrupted by link</c>; null when nothing befell it.
    /// </summary>
    public readonly string? Comment => Reason != DropReason.None ? DropTexts[(int)Reason] : EffectTexts[(int)Effects];

    private static string?[] MakeEffectTexts()
    {
        string?[] texts = new string?[128];
        for (int i = 1; i < texts.Length; i++)
        {
            LinkEffects effects = (LinkEffects)i;
            List<string> parts = [];
            Add(LinkEffects.HeldBack, "held back by link");
            Add(LinkEffects.Duplicated, "duplicated by link");
            Add(LinkEffects.Corrupted, "corrupted by link");
            Add(LinkEffects.Copy, "copy made by link");
            Add(LinkEffects.Injected, "injected on link");
            Add(LinkEffects.Edited, "changed by link");
            Add(LinkEffects.Marked, "marked CE by link");
            texts[i] = string.Join(", ", parts);

            void Add(LinkEffects effect, string text)
            {
                if ((effects & effect) != LinkEffects.None)
                {
                    parts.Add(text);
                }
            }
        }

        return texts;
    }
}
