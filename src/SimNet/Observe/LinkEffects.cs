namespace SimNet.Observe;

/// <summary>What a link does to a packet that it delivers.</summary>
[Flags]
public enum LinkEffects
{
    /// <summary>Nothing but rate, delay and jitter.</summary>
    None = 0,

    /// <summary>Held back, so that later packets may overtake it.</summary>
    HeldBack = 1,

    /// <summary>Copies of it follow.</summary>
    Duplicated = 2,

    /// <summary>One bit changes on the way.</summary>
    Corrupted = 4,

    /// <summary>It is itself a copy that the link made.</summary>
    Copy = 8,

    /// <summary>A rule made it; no host sent it.</summary>
    Injected = 16,

    /// <summary>A rule changed fields of it.</summary>
    Edited = 32,

    /// <summary>It was marked "congestion experienced".</summary>
    Marked = 64,
}
