using System.CommandLine;
using System.CommandLine.Parsing;
using SimNet.Scripting.Yaml;

namespace Scenarios.CommandLine;

/// <summary>What is wrong with a command line: what, where, and what would be right.</summary>
internal static class ParseErrorLine
{
    /// <summary>The line for the first mistake.</summary>
    public static string Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string path = PathOf(parsed.CommandResult);
        ParseError? bad = parsed.Errors.FirstOrDefault(e => e.SymbolResult is OptionResult or ArgumentResult);
        if (parsed.UnmatchedTokens.Count > 0)
        {
            return Unmatched(parsed.UnmatchedTokens[0], command, path);
        }

        return bad?.SymbolResult switch
        {
            OptionResult option when IsWithoutValue(option) => $"{path}: {option.Option.Name} needs a value: {option.Option.Name} {option.Option.HelpName}",
            OptionResult or ArgumentResult { Tokens.Count: > 0 } => $"{path}: {OneLine(bad.Message)}",
            _ => Missing(parsed, command, path),
        };
    }

    private static bool IsWithoutValue(OptionResult option) => option.Tokens.Count == 0;

    private static string Missing(ParseResult parsed, Command command, string path)
    {
        if (command.Subcommands.Count > 0)
        {
            return $"{path}: say what to do: {string.Join(", ", command.Subcommands.Select(c => $"`{path} {c.Name}`"))}; `{path} --help` explains";
        }

        if (command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0) is { } argument && parsed.GetResult(argument) is not { Tokens.Count: > 0 })
        {
            return $"{path}: {argument.Name} is missing; {Example(command)}";
        }

        return $"{path}: {OneLine(parsed.Errors.Count > 0 ? parsed.Errors[0].Message : "the command line makes no sense")}";
    }

    private static string Unmatched(string token, Command command, string path)
    {
        if (token.StartsWith('-') && token.Length > 1)
        {
            string option = token.Split('=')[0];
            string[] known = [.. command.Options.Where(o => !o.Hidden).Select(o => o.Name).Append("--help").Distinct()];
            return known.Contains(option)
                ? $"{path}: `{token}` stands behind `--`, where options are not read"
                : $"{path}: unknown option `{option}`" + Suggestions.For(option, known, "options");
        }

        return command.Subcommands.Count > 0
            ? $"{path}: unknown command `{token}`" + Suggestions.For(token, command.Subcommands.Select(c => c.Name), "commands")
            : $"{path}: `{token}` is one word too many; {Example(command)}";
    }

    private static string Example(Command command) => command is SimCommand { Examples: [string first, ..] }
        ? $"an example: {first}"
        : "--help explains";

    private static string PathOf(CommandResult result)
    {
        string path = result.Command is RootCommand ? "sim" : result.Command.Name;
        return result.Parent is CommandResult parent ? $"{PathOf(parent)} {path}" : path;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.');
}
