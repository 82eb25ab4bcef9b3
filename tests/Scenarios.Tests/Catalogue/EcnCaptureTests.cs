using SimNet.Capture;
using SimNet.Tests;
using SimStack.Wire;

namespace Scenarios.Tests.Catalogue;

/// <summary>
/// <c>ecn-with-one-mark</c> beside the capture of a Linux 6.18 kernel doing the same: what ECN does to each packet, by itself. The scenario sets when
/// the programs run as they ran there, for <see cref="KernelCaptureTests"/>; this here has to hold with any scheduler.
/// </summary>
public sealed class EcnCaptureTests(CatalogueRuns runs) : IClassFixture<CatalogueRuns>
{
    [Fact]
    public async Task EachPacketsEcnIsTheKernels()
    {
        string kernel = Path.Combine(SharedFolder.Require("captures", "linux-6.18"), "ecn-with-one-mark.server.pcap");
        string ours = (await runs.Captures("ecn-with-one-mark")).Single(c => c.Contains(".server.", StringComparison.Ordinal));
        string[] expected = Traits(kernel);
        Assert.Equal(10, expected.Length);
        Assert.Equal(expected, Traits(ours));
    }

    /// <summary>Every kind of packet that there was, and what came before what.</summary>
    private static string[] Traits(string path)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        bool echoed = false, reduced = false;
        using CaptureReader reader = CaptureReader.Open(path);
        while (reader.TryRead(out CapturedPacket packet))
        {
            // The kernel's frames were cut, so that their IP headers tell of more than there is.
            ReadOnlySpan<byte> ip = packet.Data.Span[14..];
            if (ip[0] != 0x45 || ip[9] != (byte)IpProtocol.Tcp || !TcpView.TryParse(ip[20..], out TcpView tcp, out _))
            {
                continue;
            }

            TcpFlags ecn = tcp.Flags & (TcpFlags.Ece | TcpFlags.Cwr | TcpFlags.Ae);
            bool toServer = tcp.DestinationPort == 8000;
            bool data = (ip[2] << 8 | ip[3]) > 20 + tcp.HeaderLength;
            string kind = (tcp.Flags & TcpFlags.Syn) != 0 ? "SYN" : data ? "data" : "ACK";
            found.Add($"{(toServer ? "client" : "server")} {kind}, {ecn}, ECN field {ip[1] & 3}");
            if (toServer && ecn == TcpFlags.Cwr)
            {
                Assert.False(reduced, "CWR twice for one mark");
                reduced = true;
                found.Add(echoed ? "CWR comes behind the echo" : "CWR comes before the echo");
            }

            echoed |= !toServer && kind == "ACK" && ecn == TcpFlags.Ece;
            if (echoed && reduced && !toServer && ecn == TcpFlags.None)
            {
                found.Add("the echo ends behind CWR");
            }
        }

        return [.. found];
    }
}
