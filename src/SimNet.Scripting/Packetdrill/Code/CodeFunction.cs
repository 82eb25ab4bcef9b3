namespace SimNet.Scripting.Packetdrill.Code;

/// <summary>One of Python's functions.</summary>
/// <param name="name">As Python names it.</param>
/// <param name="fewest">The fewest arguments it takes.</param>
/// <param name="most">The most arguments it takes.</param>
/// <param name="body">What it does; the first argument is the place of the call.</param>
internal sealed class CodeFunction(string name, int fewest, int most, Func<int, object[], object> body)
{
    public string Name { get; } = name;

    /// <summary>Its result.</summary>
    /// <exception cref="CodeException">The arguments are not what it takes.</exception>
    public object Call(int at, object[] arguments) => arguments.Length >= fewest && arguments.Length <= most
        ? body(at, arguments)
        : throw new CodeException(at, $"{Name}() takes {Count(fewest, most)}, not {arguments.Length}");

    private static string Count(int fewest, int most) =>
        fewest == most ? $"{most} argument{(most == 1 ? "" : "s")}"
        : most == int.MaxValue ? $"at least {fewest} argument{(fewest == 1 ? "" : "s")}"
        : $"{fewest} to {most} arguments";
}
