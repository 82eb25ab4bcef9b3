using System.Text;

namespace Scenarios;

/// <summary>Where the program writes: results to standard output, progress and diagnostics to standard error.</summary>
internal sealed class SimConsole
{
    private readonly Func<Stream> _openOutput;

    /// <summary>Uses writers in place of the terminal.</summary>
    /// <param name="output">For results.</param>
    /// <param name="error">For progress and diagnostics.</param>
    /// <param name="openOutput">Standard output as bytes, for captures.</param>
    public SimConsole(TextWriter output, TextWriter error, Func<Stream>? openOutput = null)
    {
        Output = output;
        Error = error;
        _openOutput = openOutput ?? (() => Stream.Null);
    }

    /// <summary>For results.</summary>
    public TextWriter Output { get; }

    /// <summary>For progress and diagnostics.</summary>
    public TextWriter Error { get; }

    /// <summary>True when results may be coloured: they go to a terminal and NO_COLOR is not set (no-color.org).</summary>
    public bool OutputHasColour { get; init; }

    /// <summary>The same of diagnostics.</summary>
    public bool ErrorHasColour { get; init; }

    /// <summary>True when diagnostics go to a terminal on which one can draw, in colour or without.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>The console of this process.</summary>
    public static SimConsole ForProcess()
    {
        // The default encoding of a Windows console would turn arrows into question marks.
        bool dumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        bool mayColour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && !dumb;
        return new SimConsole(Writer(Console.OpenStandardOutput()), Writer(Console.OpenStandardError()), Console.OpenStandardOutput)
        {
            OutputHasColour = mayColour && !Console.IsOutputRedirected,
            ErrorHasColour = mayColour && !Console.IsErrorRedirected,
            ErrorIsTerminal = !dumb && !Console.IsErrorRedirected,
        };
    }

    /// <summary>Standard output as bytes.</summary>
    public Stream OpenOutput() => _openOutput();

    /// <summary>The same console with results on standard error, because standard output carries a capture.</summary>
    public SimConsole WithResultsOnError() => new(Error, Error, _openOutput)
    {
        OutputHasColour = ErrorHasColour,
        ErrorHasColour = ErrorHasColour,
        ErrorIsTerminal = ErrorIsTerminal,
    };

    private static StreamWriter Writer(Stream stream)
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new StreamWriter(stream, encoding, bufferSize: 16 * 1024) { AutoFlush = false, NewLine = "\n" };
    }
}
