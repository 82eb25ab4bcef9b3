namespace SimNet.Scripting.Packetdrill.Recording;

/// <summary>When the program is supposed to have read what came.</summary>
internal enum ReadPlan
{
    /// <summary>After a burst of arrivals, as a process that is woken.</summary>
    AfterBursts,

    /// <summary>With every arrival.</summary>
    AtOnce,

    /// <summary>Not before it writes or closes, or the window is opened.</summary>
    Late,
}

/// <summary>How the program is supposed to have written what was sent.</summary>
internal enum WritePlan
{
    /// <summary>As few writes as the sizes and times of segments allow.</summary>
    Whole,

    /// <summary>One for each burst of segments.</summary>
    Bursts,

    /// <summary>One for each segment.</summary>
    Segments,
}

/// <summary>Which windows of outbound segments the script compares.</summary>
internal enum WindowPlan
{
    /// <summary>All.</summary>
    All,

    /// <summary>Those of SYNs, and closed ones.</summary>
    Handshake,

    /// <summary>None.</summary>
    None,
}

/// <summary>One way to make a script of a connection.</summary>
/// <param name="UsesKnownCalls">True: the calls that are known; the other plans are then of no matter.</param>
/// <param name="Reads">When reads are made.</param>
/// <param name="Writes">How writes are made.</param>
/// <param name="Windows">Which windows are compared.</param>
/// <param name="ToleranceMicroseconds">Of times; 0: as usual.</param>
/// <param name="HasCard">What came is held as a network card's driver holds it, and not as a tun device's: windows follow from it.</param>
internal readonly record struct CallPlan(
    bool UsesKnownCalls, ReadPlan Reads, WritePlan Writes, WindowPlan Windows, int ToleranceMicroseconds = 0, bool HasCard = false);
