using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace SimNet.Hosting;

/// <summary>Adds a bridge to a program's services.</summary>
public static class SimBridgeServiceCollectionExtensions
{
    /// <summary>
    /// Runs a simulated network on devices of the machine for as long as the program runs: a hosted service with a thread of its own, whose
    /// <see cref="SimBridge"/> other services may ask for. Options that make no sense, and a device that the system refuses, keep the program from
    /// starting; a device that fails later ends the service as <c>HostOptions.BackgroundServiceExceptionBehavior</c> says.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="configure">Sets <see cref="SimBridgeOptions.Network"/>, and whatever is not in the section <c>SimBridge</c> of the configuration.</param>
    public static IServiceCollection AddSimBridge(this IServiceCollection services, Action<SimBridgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddMetrics();
        services.AddOptions<SimBridgeOptions>().BindConfiguration(SimBridgeOptions.SectionName).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SimBridgeOptions>, SimBridgeOptionsValidator>());
        services.TryAddSingleton<SimBridgeMetrics>();
        services.TryAddSingleton(_ => new SimBridge());
        services.AddHostedService<SimBridgeService>();
        return services;
    }
}
