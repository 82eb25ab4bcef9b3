namespace SimStack.Profiles;

/// <summary>What became of a value for a sysctl.</summary>
public enum SysctlResult
{
    /// <summary>It holds.</summary>
    Ok,

    /// <summary>There is no sysctl of that name.</summary>
    UnknownName,

    /// <summary>Not a number, too many of them, out of range, or a sysctl that can only be read.</summary>
    BadValue,

    /// <summary>Linux has it, and this stack does not behave as that value asks.</summary>
    Unsupported,
}
