using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Scenarios.CommandLine;

/// <summary>
/// The generic host around a command: configuration from appsettings.json in the current folder, the environment (SIM_OUT, SIM_FORMAT…)
/// and the command line, each over the one before; logging to standard error; Ctrl-C as a cancelled token.
/// </summary>
internal static class CommandHost
{
    /// <summary>Runs a command inside a host.</summary>
    /// <param name="console">Where the program writes.</param>
    /// <param name="commandLine">Values given on the command line, which go over all others.</param>
    /// <param name="command">What to do; returns the exit status.</param>
    /// <param name="cancellationToken">As Ctrl-C.</param>
    public static async Task<int> Run(
        SimConsole console,
        IReadOnlyDictionary<string, string?> commandLine,
        Func<IServiceProvider, CancellationToken, int> command,
        CancellationToken cancellationToken)
    {
        using IHost host = Build(console, commandLine);
        await host.StartAsync(cancellationToken);
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            return command(host.Services, stop.Token);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static IHost Build(SimConsole console, IReadOnlyDictionary<string, string?> commandLine)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        AddConfiguration(builder.Configuration, commandLine);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddSimpleConsole(options => options.ColorBehavior = console.ErrorHasColour ? LoggerColorBehavior.Enabled : LoggerColorBehavior.Disabled);
        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        builder.Services.AddSingleton(console);
        builder.Services.AddSingleton<Running.RunDefaults>();
        builder.Services.AddSingleton<Running.RunSession>();
        builder.Services.AddSingleton<Bridge.BridgeRun>();
        return builder.Build();
    }

    private static void AddConfiguration(ConfigurationManager configuration, IReadOnlyDictionary<string, string?> commandLine)
    {
        string file = Path.Combine(Environment.CurrentDirectory, "appsettings.json");
        try
        {
            configuration.AddJsonFile(file, optional: true, reloadOnChange: false);
        }
        catch (InvalidDataException exception)
        {
            throw SimException.BadRequest($"{file}: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}");
        }

        configuration.AddEnvironmentVariables("SIM_");
        configuration.AddInMemoryCollection(commandLine.Where(pair => pair.Value is not null));
    }
}
