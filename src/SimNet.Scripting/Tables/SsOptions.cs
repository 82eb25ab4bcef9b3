namespace SimNet.Scripting.Tables;

/// <summary>What <c>ss</c> is asked for.</summary>
/// <param name="Info">-i: TCP_INFO.</param>
/// <param name="Timers">-o: the timer, and with -i the options that were agreed on.</param>
/// <param name="Numeric">-n: rates in full.</param>
/// <param name="OneLine">-O: a socket's lines as one.</param>
/// <param name="Headless">-H: no head.</param>
internal readonly record struct SsOptions(bool Info, bool Timers, bool Numeric, bool OneLine = false, bool Headless = false);
