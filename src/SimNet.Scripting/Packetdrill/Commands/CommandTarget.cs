using SimStack.Ip;
using SimStack.Tcp.Metrics;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Commands;

/// <summary>
/// The machine that a script's commands act on. What a machine does not override is not supported, by name: no command passes by
/// being ignored.
/// </summary>
internal abstract class CommandTarget
{
    /// <summary>The process id of the program that runs the script, as <c>${PPID}</c> of a command: any fixed number.</summary>
    public virtual int ProcessId => 1000;

    /// <summary>The device that packets of scripts go through.</summary>
    public virtual string DeviceName => "tun0";

    /// <summary>Files that exist beside /proc and /sys; commands read, write and remove them.</summary>
    public abstract CommandFiles Files { get; }

    /// <summary>Sets a sysctl.</summary>
    /// <param name="name">With dots: <c>net.ipv4.tcp_timestamps</c>.</param>
    /// <param name="value">Several numbers are separated by single blanks; hexadecimal ones were already turned into decimal ones.</param>
    public abstract TargetAnswer SetSysctl(string name, string value);

    /// <summary>Reads a sysctl as <c>/proc/sys</c> shows it; <paramref name="value"/> is empty unless the answer is Done.</summary>
    /// <param name="name">With dots.</param>
    /// <param name="value">Without the end of line.</param>
    public abstract TargetAnswer GetSysctl(string name, out string value);

    /// <summary>Adds, changes, replaces or removes a route.</summary>
    public virtual TargetAnswer ChangeRoute(RouteChange change) => TargetAnswer.Unsupported($"ip route {change.Verb}");

    /// <summary>Forgets what closed connections left behind (TCP metrics): of one destination, or of all when it is null.</summary>
    /// <param name="destination">The peer.</param>
    /// <param name="mustExist">That nothing is known of it is a mistake.</param>
    public virtual TargetAnswer FlushTcpMetrics(IpAddress? destination, bool mustExist) => TargetAnswer.Unsupported("ip tcp_metrics flush");

    /// <summary>What closed connections left behind: of one destination, of which there must be something; or of all when it is null.</summary>
    public virtual TargetAnswer GetTcpMetrics(IpAddress? destination, out IReadOnlyList<TcpMetrics> metrics)
    {
        metrics = [];
        return TargetAnswer.Unsupported("ip tcp_metrics show");
    }

    /// <summary>Sets the queue discipline of a device, or goes back to its first one (<c>tc qdisc del</c>).</summary>
    public virtual TargetAnswer ChangeQueue(QueueChange change) => TargetAnswer.Unsupported(change.ToString());

    /// <summary>Switches an offload.</summary>
    /// <param name="device">For example <c>tun0</c>.</param>
    /// <param name="feature">As ethtool abbreviates it: <c>gso</c>, <c>tso</c>, <c>gro</c>, <c>sg</c>, <c>tx</c>, <c>rx</c> …</param>
    /// <param name="on">On or off.</param>
    public virtual TargetAnswer SetOffload(string device, string feature, bool on) =>
        TargetAnswer.Unsupported($"ethtool -K {device} {feature} {(on ? "on" : "off")}");

    /// <summary>Sets a device's MTU in bytes.</summary>
    public virtual TargetAnswer SetMtu(string device, int bytes) => TargetAnswer.Unsupported($"ip link set {device} mtu {bytes}");

    /// <summary>Brings a device up or down.</summary>
    public virtual TargetAnswer SetUp(string device, bool up) => TargetAnswer.Unsupported($"ip link set {device} {(up ? "up" : "down")}");

    /// <summary>Adds an address to a device, or removes it.</summary>
    public virtual TargetAnswer ChangeAddress(string device, IpAddress address, int prefixLength, bool add) =>
        TargetAnswer.Unsupported($"ip addr {(add ? "add" : "del")} {address}/{prefixLength} dev {device}");

    /// <summary>Sets a parameter of a kernel module, for example <c>tcp_cubic</c>, <c>hystart_detect</c>.</summary>
    public virtual TargetAnswer SetModuleParameter(string module, string parameter, string value) =>
        TargetAnswer.Unsupported($"/sys/module/{module}/parameters/{parameter}={value}");

    /// <summary>Reads a parameter of a kernel module.</summary>
    public virtual TargetAnswer GetModuleParameter(string module, string parameter, out string value)
    {
        value = "";
        return TargetAnswer.Unsupported($"/sys/module/{module}/parameters/{parameter}");
    }

    /// <summary>The sockets of the host, for <c>/proc/net/tcp</c> and <c>/proc/net/tcp6</c>.</summary>
    public abstract IReadOnlyList<SocketTableRow> Sockets { get; }

    /// <summary>
    /// True for a socket of the IPv6 family, which /proc/net/tcp6 shows, also when it has IPv4 addresses; by default the address tells.
    /// </summary>
    public virtual bool IsV6Socket(in SocketTableRow row) => row.Local.Address.IsV6;

    /// <summary>All counters that are counted, also those at 0, with the names of nstat, in its order.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, long>> Counters { get; }

    /// <summary>Lets virtual time pass; the machine goes on meanwhile.</summary>
    public abstract void Sleep(Duration time);
}
