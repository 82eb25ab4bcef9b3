namespace Scenarios.Tests.Testing;

/// <summary>Small scripts that pass, fail, or are none.</summary>
internal static class Scripts
{
    public const string Good = """
        // A passive connection that writes 100 bytes.
            0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
           +0 bind(3, ..., ...) = 0
           +0 listen(3, 1) = 0
           +0 < S 0:0(0) win 1000 <mss 1000>
           +0 > S. 0:0(0) ack 1 <mss 1460>
         +.01 < . 1:1(0) ack 1 win 1000
           +0 accept(3, ..., ...) = 4
           +0 write(4, ..., 100) = 100
           +0 > P. 1:101(100) ack 1
           +0 %{ print(tcpi_state) }%

        """;

    /// <summary>Its 10th line does not hold.</summary>
    public static string Bad => Good.Replace("P. 1:101(100) ack 1", "P. 1:101(100) ack 2", StringComparison.Ordinal);

    /// <summary>Its 3rd line is none.</summary>
    public static string Wrong => Good.Replace("bind(3, ..., ...) = 0", "bind(3, ..., ... = 0", StringComparison.Ordinal);

    /// <summary>It uses a name.</summary>
    public static string WithMacro => Good.Replace("listen(3, 1)", "listen(3, BACKLOG)", StringComparison.Ordinal);
}
