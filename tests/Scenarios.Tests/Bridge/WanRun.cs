using System.Net;
using System.Net.Sockets;
using System.Text;
using SimNet.Bridge;

namespace Scenarios.Tests.Bridge;

/// <summary>
/// `sim bridge wan` in this process between two namespaces of this machine's kernel, west with 10.7.0.1 and east with 10.7.0.2, without
/// IPv6, so that nothing is on the link that a test does not send.
/// </summary>
internal sealed class WanRun : IAsyncDisposable
{
    private const int IPPROTO_TCP = 6;
    private const int TCP_CONGESTION = 13;
    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly PrivateNamespace _west = new();
    private readonly PrivateNamespace _east = new();
    private readonly Task<Sim.Result> _run;

    private WanRun(string[] options)
    {
        foreach (PrivateNamespace one in new[] { _west, _east })
        {
            Enter(one, () => WriteWhereThere("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        }

        string west = _west.Name + ":tap0", east = _east.Name + ":tap0";
        _run = Task.Run(() => Sim.Run(
            _stop.Token,
            [
                "bridge", "wan", "--between", west, east, "--address", "a=10.7.0.1/24", "--address", "b=10.7.0.2/24", "--out", _folder.Path,
                "--quiet", "--capture", "none", "--json", .. options,
            ]));
    }

    public static IPAddress West { get; } = IPAddress.Parse("10.7.0.1");

    public static IPAddress East { get; } = IPAddress.Parse("10.7.0.2");

    /// <summary>Starts it and waits for the devices; skips the test where there can be none.</summary>
    public static async Task<WanRun> Start(params string[] options)
    {
        RequireRoot();
        WanRun run = new(options);
        // Looks, not seconds, are counted: a process that is halted for a while has not waited.
        for (int looks = 0; !run.IsUp(); looks++)
        {
            if (run._run.IsCompleted || looks == 4000)
            {
                Sim.Result early = await run.Stop();
                Assert.Fail($"the devices did not come up: {early.Error}");
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        return run;
    }

    /// <summary>Skips the test where there can be no namespaces and no devices.</summary>
    public static void RequireRoot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "needs root on Linux, for network namespaces");
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "needs /dev/net/tun, which this machine doesn't have");
    }

    /// <summary>A socket of one of the ends; TCP uses CUBIC.</summary>
    public Socket Open(bool east, SocketType type) => Enter(east ? _east : _west, () =>
    {
        Socket socket = new(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp)
        {
            ReceiveTimeout = 20_000,
            SendTimeout = 20_000,
        };
        if (type == SocketType.Stream)
        {
            socket.SetRawSocketOption(IPPROTO_TCP, TCP_CONGESTION, Encoding.ASCII.GetBytes("cubic"));
        }

        return socket;
    });

    /// <summary>Ends the session as Ctrl-C does; what it said.</summary>
    public async Task<Sim.Result> Stop()
    {
        await _stop.CancelAsync();
        return await _run;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _west.Dispose();
        _east.Dispose();
        _folder.Dispose();
        _stop.Dispose();
    }

    private static T Enter<T>(PrivateNamespace where, Func<T> action) => NetworkNamespace.Run(where.Name, action);

    private static int WriteWhereThere(string path, string text)
    {
        if (File.Exists(path))
        {
            File.WriteAllText(path, text);
        }

        return 0;
    }

    /// <summary>Both ends have their addresses, and their networks are reachable.</summary>
    private bool IsUp()
    {
        try
        {
            using Socket west = Open(east: false, SocketType.Dgram), east = Open(east: true, SocketType.Dgram);
            west.Connect(new IPEndPoint(East, 9));
            east.Connect(new IPEndPoint(West, 9));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
