using System.Globalization;
using System.Text;
using SimNet.Scripting;

namespace Scenarios.Bridge;

/// <summary>
/// The scenario of two devices with a link between them, written from what a command line says of the link: so its values are checked as
/// any scenario's are, and a recording of the session can be run again.
/// </summary>
internal sealed class WanScript
{
    /// <summary>The name that the recording goes by.</summary>
    public const string FileName = "wan.yaml";

    /// <summary>The ends' names; the link's random streams hang on them rather than on the devices' names.</summary>
    public const string A = "a", B = "b";

    private readonly StringBuilder _text = new();
    private readonly Dictionary<int, string> _optionOfLine = [];
    private readonly string _command;
    private int _lines;

    /// <param name="deviceA">The device at the first end.</param>
    /// <param name="deviceB">The one at the second.</param>
    /// <param name="command">Whose options they are.</param>
    public WanScript(string deviceA, string deviceB, string command = "sim bridge wan")
    {
        _command = command;
        Add("name: wan");
        Add("title: Two real networks with a simulated link between them");
        Add("hosts: {}");
        Add($"bridges: {{{A}: {{device: \"{deviceA}\"}}, {B}: {{device: \"{deviceB}\"}}}}");
        Add("links:");
        Add($"  - between: [{A}, {B}]");
    }

    /// <summary>Says something of the link.</summary>
    /// <param name="key">As in a scenario; a direction is <c>a->b</c>.</param>
    /// <param name="text">As <see cref="SettingTree"/> reads it.</param>
    /// <param name="option">For what is said of it when it is wrong.</param>
    /// <exception cref="SimException">It makes no sense.</exception>
    public void Set(string key, string text, string option)
    {
        try
        {
            bool direction = key.Contains('>', StringComparison.Ordinal);
            string value = SettingTree.Parse(text, direction ? null : key).ToYaml();
            Add($"    {key}: {value}");
            _optionOfLine.Add(_lines, option);
        }
        catch (SimException mistake)
        {
            throw SimException.BadRequest($"{_command}: {option}: {mistake.Message}");
        }
    }

    /// <summary>The script, when it is one.</summary>
    /// <exception cref="SimException">An option's value makes no sense.</exception>
    public string ToText()
    {
        string text = _text.ToString();
        try
        {
            ScenarioScript.Parse(text, FileName);
            return text;
        }
        catch (ScriptException mistakes)
        {
            ScriptError first = mistakes.Errors[0];
            string option = _optionOfLine.GetValueOrDefault(first.Line, "");
            string message = first.Message;
            string own = option.TrimStart('-') + ": ";
            message = message.StartsWith(own, StringComparison.Ordinal) ? message[own.Length..] : message;
            throw SimException.BadRequest($"{_command}: {(option.Length > 0 ? option + ": " : "")}{message}");
        }
    }

    private void Add(string line)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{line}\n");
        _lines++;
    }
}
