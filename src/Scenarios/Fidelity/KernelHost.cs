using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Scenarios.Bench;
using SimNet.Bridge;
using SimStack.Ip;

namespace Scenarios.Fidelity;

/// <summary>A network namespace of this machine's kernel as a host: a TAP device with an address, and settings of its own.</summary>
internal sealed class KernelHost : IDisposable
{
    private const string Interface = "tap0";
    private const int IPPROTO_TCP = 6;
    private const int TCP_CONGESTION = 13;
    private readonly PrivateNamespace _namespace = new();

    /// <param name="address">Its own.</param>
    /// <param name="sysctls">What is set in its namespace.</param>
    /// <exception cref="BridgeException">The machine refused it.</exception>
    public KernelHost(string address, IEnumerable<SysctlSetting> sysctls)
    {
        Address = IPAddress.Parse(address);
        try
        {
            // Nothing passes the link but the transfer: no IPv6, which would look for routers and neighbours.
            Enter(() => File.Exists("/proc/sys/net/ipv6/conf/default/disable_ipv6"), "net.ipv6.conf.default.disable_ipv6", "1");
            foreach ((string name, string value) in sysctls)
            {
                Enter(() => true, name, value);
            }

            Device = TapDevice.Open(new TapOptions
            {
                Name = Interface,
                NetworkNamespace = _namespace.Name,
                Addresses = [new InterfaceAddress(IpAddress.Parse(address), 24)],
            });
        }
        catch
        {
            _namespace.Dispose();
            throw;
        }
    }

    public IPAddress Address { get; }

    /// <summary>The cable's other end.</summary>
    public TapDevice Device { get; }

    /// <summary>Tells it the other one's hardware address, so that it need not ask, and a lost answer can't matter.</summary>
    /// <exception cref="BridgeException">The machine refused it.</exception>
    public void AddNeighbour(KernelHost other) => NetworkNamespace.Run(_namespace.Name, () =>
    {
        try
        {
            // A process belongs to the namespace of the thread that starts it.
            using Process process = Process.Start(new ProcessStartInfo("ip", $"neigh replace {other.Address} lladdr {other.Device.HardwareAddress} dev {Interface} nud permanent")
            {
                RedirectStandardError = true,
            })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? 0 : throw new BridgeException($"`ip neigh replace` failed: {error.Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new BridgeException("the program `ip` is not on PATH (Debian package iproute2)", missing);
        }
    });

    /// <summary>Opens a TCP socket of this host.</summary>
    public Socket Open() => NetworkNamespace.Run(_namespace.Name, () =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetRawSocketOption(IPPROTO_TCP, TCP_CONGESTION, Encoding.ASCII.GetBytes(HostSettings.CongestionControl));
        return socket;
    });

    /// <summary>Its counters by nstat's names.</summary>
    public IReadOnlyDictionary<string, long> Counters()
    {
        var counters = new Dictionary<string, long>(StringComparer.Ordinal);
        string[] lines = NetworkNamespace.Run(_namespace.Name, () => File.ReadAllLines("/proc/thread-self/net/netstat").Concat(File.ReadAllLines("/proc/thread-self/net/snmp")).ToArray());
        // Pairs of lines: `TcpExt: name name …`, `TcpExt: value value …`.
        foreach (string[] pair in lines.Chunk(2).Where(p => p.Length == 2))
        {
            string[] names = pair[0].Split(' '), values = pair[1].Split(' ');
            for (int i = 1; i < Math.Min(names.Length, values.Length); i++)
            {
                counters[names[0].TrimEnd(':') + names[i]] = long.Parse(values[i], CultureInfo.InvariantCulture);
            }
        }

        return counters;
    }

    public void Dispose()
    {
        Device?.Dispose();
        _namespace.Dispose();
    }

    private void Enter(Func<bool> applies, string sysctl, string value) => NetworkNamespace.Run(_namespace.Name, () =>
    {
        try
        {
            if (applies())
            {
                File.WriteAllText("/proc/sys/" + sysctl.Replace('.', '/'), value);
            }

            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BridgeException($"{sysctl} can't be set to {value}: {error.Message}", error);
        }
    });
}
