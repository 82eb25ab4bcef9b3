using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Commands;
using SimStack.Ip;
using SimStack.Ip.Queues;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp.Metrics;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>What a script's commands do to the machine under test.</summary>
/// <param name="machine">The machine.</param>
/// <param name="files">Its files.</param>
/// <param name="wait">Lets virtual time pass.</param>
internal sealed class MachineCommands(TestMachine machine, VirtualFiles files, Action<Duration> wait) : CommandTarget
{
    /// <inheritdoc/>
    public override CommandFiles Files { get; } = new MachineFiles(files);

    /// <inheritdoc/>
    public override IReadOnlyList<SocketTableRow> Sockets
    {
        get
        {
            List<SocketTableRow> rows = [];
            machine.Host.GetSocketTable(machine.Now, rows);
            return rows;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<KeyValuePair<string, long>> Counters
    {
        get
        {
            List<KeyValuePair<string, long>> all = new(SnmpCounters.Count);
            for (int i = 0; i < SnmpCounters.Count; i++)
            {
                var counter = (SnmpCounter)i;
                all.Add(new(SnmpCounters.NameOf(counter), machine.Host.Counters[counter]));
            }

            return all;
        }
    }

    /// <inheritdoc/>
    public override TargetAnswer SetSysctl(string name, string value) => machine.Host.Sysctls.Set(name, value, out string? error) switch
    {
        SysctlResult.Ok => TargetAnswer.Done,
        SysctlResult.Unsupported => TargetAnswer.Unsupported($"{name}={value}"),
        SysctlResult.UnknownName => TargetAnswer.Unknown(error ?? name),
        _ => TargetAnswer.Refused(error ?? name),
    };

    /// <inheritdoc/>
    public override TargetAnswer GetSysctl(string name, out string value) =>
        machine.Host.Sysctls.TryGet(name, out value) ? TargetAnswer.Done : TargetAnswer.Unknown($"unknown sysctl '{name}'");

    /// <inheritdoc/>
    public override TargetAnswer SetModuleParameter(string module, string parameter, string value)
    {
        string name = ParameterName(module, parameter);
        return machine.Host.Sysctls.TryGet(name, out _)
            ? SetSysctl(name, value)
            : base.SetModuleParameter(module, parameter, value);
    }

    /// <inheritdoc/>
    public override TargetAnswer GetModuleParameter(string module, string parameter, out string value) =>
        machine.Host.Sysctls.TryGet(ParameterName(module, parameter), out value)
            ? TargetAnswer.Done
            : base.GetModuleParameter(module, parameter, out value);

    // The settings of the congestion controls go by the names that the kernel's command line has for them.
    private static string ParameterName(string module, string parameter) =>
        parameter.Contains('/', StringComparison.Ordinal) ? "" : $"{module}.{parameter}";

    /// <inheritdoc/>
    public override TargetAnswer ChangeRoute(RouteChange change)
    {
        if (change.Device is { } device && device != TestMachine.DeviceName)
        {
            return NoDevice(device);
        }

        Route route = new(change.Destination, change.PrefixLength, change.NextHop, machine.Device);
        foreach (RouteMetric metric in change.Metrics)
        {
            if (Apply(ref route, metric) is { } refused)
            {
                return refused;
            }
        }

        RoutingTable table = machine.Host.Ip.Routes;
        Route? old = null;
        foreach (Route candidate in table.Routes)
        {
            if (candidate.PrefixLength == change.PrefixLength && candidate.Prefix == Mask(change.Destination, change.PrefixLength)
                && candidate.Metric == route.Metric)
            {
                old = candidate;
                break;
            }
        }

        return Change(change.Verb, table, old, route);
    }

    /// <inheritdoc/>
    public override TargetAnswer FlushTcpMetrics(IpAddress? destination, bool mustExist) =>
        machine.Host.FlushTcpMetrics(destination) || !mustExist ? TargetAnswer.Done : NoMetrics;

    /// <inheritdoc/>
    public override TargetAnswer GetTcpMetrics(IpAddress? destination, out IReadOnlyList<TcpMetrics> metrics)
    {
        metrics = [.. machine.Host.TcpMetrics(machine.Now).Where(one => destination is null || one.Remote == destination)];
        return destination is null || metrics.Count > 0 ? TargetAnswer.Done : NoMetrics;
    }

    /// <inheritdoc/>
    public override TargetAnswer ChangeQueue(QueueChange change)
    {
        if (change.Device != TestMachine.DeviceName)
        {
            return TargetAnswer.Unknown($"Cannot find device \"{change.Device}\"");
        }

        bool exists = machine.Queue.Kind is not null;
        switch (change.Verb)
        {
            case "del" when !exists:
                return TargetAnswer.Refused("Error: Cannot delete qdisc with handle of zero.");
            case "del":
                machine.Queue.Reset();
                return TargetAnswer.Done;
            case "add" when exists:
                return TargetAnswer.Refused("Error: Exclusivity flag on, cannot modify.");
            case "change" when machine.Queue.Kind != change.Discipline:
                return TargetAnswer.Refused(
                    exists ? "Error: Invalid qdisc name: must match existing qdisc." : "Error: Qdisc not found. To create specify NLM_F_CREATE flag.");
        }

        if (change.Discipline == "fq")
        {
            FairQueueOptions before = (machine.Device.Queue as FairQueue)?.Options ?? new FairQueueOptions();
            if (!FairQueueWords.TryRead(change.Options, before, out FairQueueOptions after, out string? error))
            {
                return TargetAnswer.Refused(error);
            }

            machine.Queue.SetFair(after);
            return TargetAnswer.Done;
        }

        // Queues without a shaper hold nothing back on a device that takes everything at once.
        bool takesLimit = change.Discipline is "pfifo" or "bfifo";
        bool isFifo = takesLimit || change.Discipline is "pfifo_fast" or "noqueue";
        if (!isFifo || change.Options.Count > (takesLimit && change.Limit is not null ? 2 : 0))
        {
            return TargetAnswer.Unsupported($"tc qdisc {string.Join(' ', [change.Discipline, .. change.Options])}");
        }

        machine.Queue.SetFifo(change.Discipline, change.Limit is { } limit ? (int)Math.Min(limit, int.MaxValue) : null);
        return TargetAnswer.Done;
    }

    /// <inheritdoc/>
    public override TargetAnswer SetOffload(string device, string feature, bool on)
    {
        if (device != TestMachine.DeviceName)
        {
            return NoDevice(device);
        }

        switch (feature)
        {
            case "gso":
                machine.SetOffload(gso: on, machine.HasTso);
                return TargetAnswer.Done;
            case "tso":
                machine.SetOffload(machine.HasGso, tso: on);
                return TargetAnswer.Done;
            case "gro" or "lro" or "ufo":
                // Packets come to a tun device one by one, and no datagram is cut by it: on or off, there is nothing to join or to cut.
                return TargetAnswer.Done;
            default:
                return base.SetOffload(device, feature, on);
        }
    }

    /// <inheritdoc/>
    public override TargetAnswer SetMtu(string device, int bytes)
    {
        if (device != TestMachine.DeviceName)
        {
            return NoDevice(device);
        }

        if (bytes is < 68 or > 65_535)
        {
            return TargetAnswer.Refused("Error: mtu out of range.");
        }

        machine.Host.Ip.SetMtu(machine.Device, bytes);
        return TargetAnswer.Done;
    }

    /// <inheritdoc/>
    public override TargetAnswer SetUp(string device, bool up)
    {
        NetworkInterface? found = device == TestMachine.DeviceName ? machine.Device : device == "lo" ? machine.Host.Loopback : null;
        if (found is null)
        {
            return NoDevice(device);
        }

        machine.Host.Ip.SetUp(found, up);
        return TargetAnswer.Done;
    }

    /// <inheritdoc/>
    public override TargetAnswer ChangeAddress(string device, IpAddress address, int prefixLength, bool add)
    {
        if (device != TestMachine.DeviceName)
        {
            return NoDevice(device);
        }

        if (!add)
        {
            return machine.Host.Ip.RemoveAddress(machine.Device, address)
                ? TargetAnswer.Done
                : TargetAnswer.Refused("Error: ipv4: Address not found.");
        }

        if (machine.Host.HasAddress(address))
        {
            return TargetAnswer.Refused("Error: ipv4: Address already assigned.");
        }

        machine.Host.AddAddress(machine.Device, address, prefixLength);
        return TargetAnswer.Done;
    }

    /// <inheritdoc/>
    public override void Sleep(Duration time) => wait(time);

    private static readonly TargetAnswer NoMetrics = TargetAnswer.Unknown("RTNETLINK answers: No such process");

    private static TargetAnswer NoDevice(string device) => TargetAnswer.Unknown($"Cannot find device \"{device}\"");

    // The routing table keeps prefixes without the bits behind them; those of IPv4 are the last 32.
    private static IpAddress Mask(IpAddress address, int length)
    {
        length += address.IsV4 ? 96 : 0;
        ulong high = length >= 64 ? ulong.MaxValue : length == 0 ? 0 : ulong.MaxValue << (64 - length);
        ulong low = length <= 64 ? 0 : ulong.MaxValue << (128 - length);
        return new IpAddress(address.High & high, address.Low & low);
    }

    private static TargetAnswer Change(string verb, RoutingTable table, Route? old, Route route)
    {
        switch (verb)
        {
            case "add" or "append" when old is not null:
                return TargetAnswer.Refused("RTNETLINK answers: File exists");
            case "change" when old is null:
                return TargetAnswer.Refused("RTNETLINK answers: No such file or directory");
            case "del" when old is null:
                return TargetAnswer.Refused("RTNETLINK answers: No such process");
            case "add" or "append" or "change" or "replace" or "del":
                if (old is not null)
                {
                    table.Remove(old);
                }

                if (verb != "del")
                {
                    table.Add(route);
                }

                return TargetAnswer.Done;
            default:
                return TargetAnswer.Unsupported($"ip route {verb}");
        }
    }

    private static TargetAnswer? Apply(ref Route route, RouteMetric metric)
    {
        if (metric.IsLocked && metric.Name is not ("mtu" or "congctl" or "cwnd" or "rtt" or "rttvar" or "ssthresh" or "reordering"))
        {
            return TargetAnswer.Unsupported($"ip route {metric.Name} lock");
        }

        switch (metric.Name)
        {
            case "mtu":
                route = route with { Mtu = (int)metric.Number, IsMtuLocked = metric.IsLocked };
                return null;
            case "advmss":
                route = route with { AdvMss = (int)metric.Number };
                return null;
            case "initcwnd":
                route = route with { InitCwnd = (int)metric.Number };
                return null;
            case "features" when metric.Text is "ecn":
                route = route with { Ecn = true };
                return null;
            case "initrwnd":
                route = route with { InitRwnd = (int)metric.Number };
                return null;
            case "fastopen_no_cookie":
                route = route with { FastOpenNoCookie = metric.Number != 0 };
                return null;
            case "congctl" when Sysctls.IsCongestionControl(metric.Text):
                route = route with { CongestionControl = metric.Text, IsCongestionControlLocked = metric.IsLocked };
                return null;
            case "cwnd" or "rtt" or "rttvar" or "ssthresh" or "reordering":
                route = route with { TcpMetrics = With(route.TcpMetrics ?? new RouteTcpMetrics(), metric) };
                return null;
            case "metric":
                route = route with { Metric = (int)metric.Number };
                return null;
            case "src" when IpAddress.TryParse(metric.Text, out IpAddress source):
                route = route with { PreferredSource = source };
                return null;
            default:
                return TargetAnswer.Unsupported($"ip route {metric.Name}");
        }
    }

    private static RouteTcpMetrics With(RouteTcpMetrics metrics, RouteMetric metric)
    {
        // Without a unit ip(8) hands the number on as it is, in eighths and quarters of a millisecond.
        bool raw = char.IsAsciiDigit(metric.Text[^1]);
        Duration time = new(metric.Number);
        int number = (int)Math.Min(metric.Number, int.MaxValue);
        (metrics, TcpMetricLocks locked) = metric.Name switch
        {
            "rtt" => (metrics with { Rtt = raw ? time / 8 : time }, TcpMetricLocks.Rtt),
            "rttvar" => (metrics with { RttVar = raw ? time / 4 : time }, TcpMetricLocks.RttVar),
            "ssthresh" => (metrics with { Ssthresh = number }, TcpMetricLocks.Ssthresh),
            "cwnd" => (metrics with { Cwnd = number }, TcpMetricLocks.Cwnd),
            _ => (metrics with { Reordering = number }, TcpMetricLocks.Reordering),
        };
        return metric.IsLocked ? metrics with { Locks = metrics.Locks | locked } : metrics;
    }
}
