namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Which of the three sets of capabilities(7) a call changes.</summary>
internal enum CapabilitySet
{
    Effective = 0,
    Permitted = 1,
    Inheritable = 2,
}

/// <summary>What the process may do; it begins as root, with everything.</summary>
internal sealed class Capabilities
{
    public const int NetAdmin = 12;
    public const int NetRaw = 13;

    private readonly ulong[] _sets = [ulong.MaxValue, ulong.MaxValue, 0];

    /// <summary>In the effective set.</summary>
    public bool Has(int capability) => (_sets[(int)CapabilitySet.Effective] >> capability & 1) != 0;

    /// <summary>capset(2) of one capability: false where Linux returns EPERM.</summary>
    public bool TryChange(CapabilitySet set, int capability, bool raise)
    {
        ulong bit = 1UL << capability;
        ulong permitted = _sets[(int)CapabilitySet.Permitted];
        bool allowed = !raise || (permitted & bit) != 0;
        // What leaves the permitted set may not stay effective.
        allowed &= raise || set is not CapabilitySet.Permitted || !Has(capability);
        if (allowed)
        {
            _sets[(int)set] = raise ? _sets[(int)set] | bit : _sets[(int)set] & ~bit;
        }

        return allowed;
    }
}
