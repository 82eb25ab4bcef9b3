using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Recording;

/// <summary>
/// What a bridge session's capture tells, besides its frames, so that the session can be run again: the scenario and what it was started
/// with. It stands in the comments of the capture's section header.
/// </summary>
public sealed record BridgeRecording
{
    private const string Prefix = "sim-recording ";

    // An option of pcapng has at most 65,535 bytes; JSON text is ASCII here.
    private const int ChunkLength = 60_000;
    private static readonly JsonSerializerOptions Form = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Of this form of description; 1.</summary>
    [JsonPropertyName("schema")]
    public int Schema { get; init; } = 1;

    /// <summary>The scenario's script.</summary>
    [JsonPropertyName("script")]
    public required string Script { get; init; }

    /// <summary>The name that its errors are reported under.</summary>
    [JsonPropertyName("file")]
    public required string FileName { get; init; }

    /// <summary>Changes of the form path=value that were made to it.</summary>
    [JsonPropertyName("settings")]
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The root of all randomness.</summary>
    [JsonPropertyName("seed")]
    public required ulong Seed { get; init; }

    /// <summary>In place of every host's profile; null: none.</summary>
    [JsonPropertyName("profile")]
    public string? Profile { get; init; }

    /// <summary>Ethernet addresses of hosts' interfaces that were stations on a real interface, by their names like <c>server.eth0</c>.</summary>
    [JsonPropertyName("stations")]
    public IReadOnlyDictionary<string, string>? Stations { get; init; }

    /// <summary>The date and time of instant zero, in nanoseconds since 1970.</summary>
    [JsonPropertyName("start")]
    public required long StartUnixNanoseconds { get; init; }

    /// <summary>The comments for the capture's section header: one for people, then this.</summary>
    public IReadOnlyList<string> ToComments()
    {
        string text = JsonSerializer.Serialize(this, Form);
        int chunks = (text.Length + ChunkLength - 1) / ChunkLength;
        return
        [
            $"A session of sim bridge with {FileName}; `sim replay` runs it again in virtual time.",
            .. Enumerable.Range(0, chunks).Select(i =>
                FormattableString.Invariant($"{Prefix}{i + 1}/{chunks} ") + text.Substring(i * ChunkLength, Math.Min(ChunkLength, text.Length - i * ChunkLength))),
        ];
    }

    /// <summary>What a capture's comments tell; null when it is no recording, or a damaged one.</summary>
    public static BridgeRecording? Find(IReadOnlyList<string> comments)
    {
        StringBuilder text = new();
        foreach (string comment in comments.Where(c => c.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            text.Append(comment.AsSpan(comment.IndexOf(' ', Prefix.Length) + 1));
        }

        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            BridgeRecording? recording = JsonSerializer.Deserialize<BridgeRecording>(text.ToString(), Form);
            return recording is { Schema: 1, StartUnixNanoseconds: >= 0 } ? recording : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The scenario as the session ran it, with its port to the real network.</summary>
    /// <exception cref="ScriptException">The script has mistakes.</exception>
    public ScenarioDefinition ToScenario() => Running.LiveScenario.WithOutside(ScenarioScript.Parse(Script, FileName, Settings));

    /// <summary>What the session was started with.</summary>
    public Running.RunOptions ToOptions() => new()
    {
        Seed = Seed,
        Profile = Profile,
        Start = new Timestamp(StartUnixNanoseconds),
        Stations = ReadStations(),
    };

    private Dictionary<InterfaceName, MacAddress> ReadStations()
    {
        var stations = new Dictionary<InterfaceName, MacAddress>();
        foreach ((string name, string text) in Stations ?? new Dictionary<string, string>())
        {
            int dot = name.LastIndexOf('.');
            if (dot > 0 && MacAddress.TryParse(text, out MacAddress mac))
            {
                stations[new InterfaceName(name[..dot], name[(dot + 1)..])] = mac;
            }
        }

        return stations;
    }
}
