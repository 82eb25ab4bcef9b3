using System.Globalization;
using SimNet.Scripting.Packetdrill.Machine;
using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Running;

/// <summary>What a run goes by: the caller's options, and over them the script's.</summary>
internal sealed class ScriptSettings
{
    private readonly List<ScriptError> _errors = [];
    private readonly PacketdrillOptions _options;

    private ScriptSettings(PacketdrillOptions options)
    {
        _options = options;
        IpVersion = options.IpVersion;
        (Local, Remote) = (options.Local, options.Remote);
        Tolerance = options.Tolerance;
        TolerancePercent = options.TolerancePercent;
    }

    public PacketdrillIpVersion IpVersion { get; private set; }

    public Duration Tolerance { get; private set; }

    public double TolerancePercent { get; private set; }

    /// <summary>How long a tick of TS val is; zero: TS val is not compared.</summary>
    public Duration TimestampTick { get; private set; }

    /// <summary><c>--tcp_ts_ecr_scaled</c></summary>
    public bool ScalesEchoes { get; private set; }

    /// <summary><c>--strict_segments</c>: a line is one packet, never several shorter ones.</summary>
    public bool StrictSegments { get; private set; }

    /// <summary>The first option that asks for what the project lacks.</summary>
    public PacketdrillFailure? Refusal { get; private set; }

    /// <summary>True when packets are IPv6.</summary>
    public bool IsV6 => IpVersion == PacketdrillIpVersion.Ipv6;

    /// <summary>How many ticks TS val may be from the script's; null: not compared.</summary>
    public long? TimestampTolerance => TimestampTick > Duration.Zero ? Tolerance.Nanoseconds / TimestampTick.Nanoseconds : null;

    private IpAddress? Local { get; set; }

    private int LocalPrefixLength { get; set; }

    private IpAddress? Remote { get; set; }

    private int RemotePrefixLength { get; set; }

    private IpAddress? Gateway { get; set; }

    private int Mtu { get; set; }

    private int ReceiveSegmentSize { get; set; }

    /// <summary>--non_fatal=packet: an outbound packet that is not as written is told of, and the script goes on.</summary>
    public bool HasNonFatalPackets { get; private set; }

    private ushort BindPort { get; set; } = 8080;

    private ushort ConnectPort { get; set; } = 8080;

    /// <summary>Reads the script's options.</summary>
    /// <exception cref="ScriptException">An option's value is none.</exception>
    public static ScriptSettings Read(PacketdrillScript script, PacketdrillOptions options)
    {
        var settings = new ScriptSettings(options);
        foreach (ScriptOption option in script.Options)
        {
            settings.Apply(option);
        }

        foreach (string name in (string[])["local_ip", "remote_ip", "gateway_ip"])
        {
            settings.CheckFamily(script.FindOption(name));
        }

        return settings._errors.Count == 0 ? settings : throw new ScriptException(settings._errors);
    }

    /// <summary>The machine that the script is run on.</summary>
    public TestMachineOptions MachineOptions() => new()
    {
        Profile = _options.Profile,
        IpVersion = IpVersion,
        Local = Fits(Local) ? Local : null,
        LocalPrefixLength = LocalPrefixLength,
        Remote = Fits(Remote) ? Remote : null,
        RemotePrefixLength = RemotePrefixLength,
        Gateway = Gateway,
        Mtu = Mtu,
        ReceiveSegmentSize = ReceiveSegmentSize,
        BindPort = BindPort,
        ConnectPort = ConnectPort,
        Secret = _options.Seed,
    };

    private bool Fits(IpAddress? address) => address is { } given && given.IsV4 != IsV6;

    private void Apply(ScriptOption option)
    {
        switch (option.Name)
        {
            case "ip_version":
                IpVersion = ReadVersion(option);
                break;
            case "local_ip":
                (Local, LocalPrefixLength) = ReadPrefix(option, LocalPrefixLength);
                break;
            case "remote_ip":
                (Remote, RemotePrefixLength) = ReadPrefix(option, 0);
                break;
            case "gateway_ip":
                (Gateway, _) = ReadPrefix(option, 0);
                break;
            case "netmask_ip":
                LocalPrefixLength = ReadNetmask(option);
                break;
            case "bind_port":
                BindPort = (ushort)ReadNumber(option, 1, ushort.MaxValue);
                break;
            case "connect_port":
                ConnectPort = (ushort)ReadNumber(option, 1, ushort.MaxValue);
                break;
            case "mtu":
                Mtu = ReadNumber(option, 68, ushort.MaxValue);
                break;
            case "mss":
                ReceiveSegmentSize = ReadNumber(option, 1, ushort.MaxValue);
                break;
            default:
                ApplyComparison(option);
                break;
        }
    }

    private void ApplyComparison(ScriptOption option)
    {
        switch (option.Name)
        {
            case "tolerance_usecs":
                Tolerance = Duration.FromMicroseconds(ReadNumber(option, 1, int.MaxValue));
                break;
            case "tolerance_percent":
                TolerancePercent = ReadPercent(option);
                break;
            case "tcp_ts_tick_usecs":
                TimestampTick = Duration.FromMicroseconds(ReadNumber(option, 0, 1_000_000));
                break;
            case "tcp_ts_ecr_scaled":
                ScalesEchoes = true;
                break;
            case "strict_segments":
                StrictSegments = true;
                break;
            case "non_fatal":
                ReadNonFatal(option);
                break;
            case "speed":
                // What the device says of itself: nothing here asks.
                ReadNumber(option, 0, int.MaxValue);
                break;
            case "define" or "verbose" or "debug" or "send_omit_free" or "is_anyip":
                // Macros are put in by the parser; the others say what the tool tells, does with its memory, or routes to itself: every
                // local address is the machine's here.
                break;
            case "code_format" when option.Value == "python":
            case "code_sockopt" when option.Value is null or "" or "TCP_INFO" or "TCP_CC_INFO" or "SO_MEMINFO": // All of them are told always.
            case "code_command" when option.Value?.Contains("python", StringComparison.Ordinal) == true:
                break;
            default:
                Refusal ??= new PacketdrillFailure(option.Position, $"--{option.Name} is not supported yet")
                {
                    UnsupportedFeature = $"--{option.Name}",
                };
                break;
        }
    }

    private void ReadNonFatal(ScriptOption option)
    {
        foreach (string kind in (option.Value ?? "").Split(','))
        {
            switch (kind)
            {
                case "packet":
                    HasNonFatalPackets = true;
                    break;
                case "syscall":
                    break; // Known to the tool, which makes no use of it.
                default:
                    Reject(option, "packet, syscall or both with a comma between");
                    return;
            }
        }
    }

    private PacketdrillIpVersion ReadVersion(ScriptOption option)
    {
        switch (option.Value)
        {
            case "ipv4":
                return PacketdrillIpVersion.Ipv4;
            case "ipv4-mapped-ipv6":
                return PacketdrillIpVersion.Ipv4MappedIpv6;
            case "ipv6":
                return PacketdrillIpVersion.Ipv6;
            default:
                Reject(option, "ipv4, ipv4-mapped-ipv6 or ipv6");
                return IpVersion;
        }
    }

    private (IpAddress? Address, int PrefixLength) ReadPrefix(ScriptOption option, int prefixLength)
    {
        string[] parts = (option.Value ?? "").Split('/');
        if (parts.Length <= 2 && IpAddress.TryParse(parts[0], out IpAddress address))
        {
            if (parts.Length == 1)
            {
                return (address, prefixLength);
            }

            if (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                && length >= 1 && length <= (address.IsV4 ? 32 : 128))
            {
                return (address, length);
            }
        }

        Reject(option, "an address, perhaps with a prefix length");
        return (null, prefixLength);
    }

    private int ReadNetmask(ScriptOption option)
    {
        if (IpAddress.TryParse(option.Value ?? "", out IpAddress mask) && mask.IsV4)
        {
            int length = System.Numerics.BitOperations.LeadingZeroCount(~mask.V4);
            if (length > 0 && (length == 32 || mask.V4 << length == 0))
            {
                return length;
            }
        }

        Reject(option, "a netmask such as 255.255.0.0");
        return 0;
    }

    private int ReadNumber(ScriptOption option, int least, int most)
    {
        if (int.TryParse(option.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
        {
            return number;
        }

        Reject(option, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        return least;
    }

    private double ReadPercent(ScriptOption option)
    {
        if (double.TryParse(option.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 100)
        {
            return percent;
        }

        Reject(option, "a number from 0 to 100");
        return TolerancePercent;
    }

    private void CheckFamily(ScriptOption? option)
    {
        if (option is { Name: var name } && (name == "local_ip" ? Local : name == "remote_ip" ? Remote : Gateway) is { } address && !Fits(address))
        {
            Refusal ??= new PacketdrillFailure(
                option.Position, $"--{name}={option.Value} is no address of {(IsV6 ? "IPv6" : "IPv4")}, which this run's packets are");
        }
    }

    private void Reject(ScriptOption option, string right) =>
        _errors.Add(new ScriptError(option.ValuePosition, $"--{option.Name} takes {right}, not '{option.Value}'"));
}
