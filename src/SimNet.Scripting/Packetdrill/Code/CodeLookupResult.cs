using System.Numerics;

namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>The answer to a <see cref="CodeLookup"/>; the default value says that there is no such name.</summary>
internal readonly struct CodeLookupResult
{
    private CodeLookupResult(bool isKnown, bool hasValue, BigInteger value) => (IsKnown, HasValue, Number) = (isKnown, hasValue, value);

    /// <summary>There is no such name.</summary>
    public static readonly CodeLookupResult Unknown;

    /// <summary>Linux has it, the machine cannot tell it.</summary>
    public static readonly CodeLookupResult Unsupported = new(true, false, BigInteger.Zero);

    /// <summary>The value, in Linux's unit.</summary>
    public static CodeLookupResult Value(BigInteger value) => new(true, true, value);

    /// <summary>False when there is no such name.</summary>
    public bool IsKnown { get; }

    /// <summary>True when there is a value.</summary>
    public bool HasValue { get; }

    /// <summary>The value; 0 when there is none.</summary>
    public BigInteger Number { get; }
}
