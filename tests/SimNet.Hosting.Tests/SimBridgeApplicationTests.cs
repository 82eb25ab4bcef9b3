using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SimNet.Tests.Bridge;
using static SimNet.Hosting.Tests.BridgeProgram;

namespace SimNet.Hosting.Tests;

/// <summary>Exceptions that leave the code of simulated applications.</summary>
public class SimBridgeApplicationTests
{
    [Theory]
    [InlineData(BackgroundServiceExceptionBehavior.StopHost)]
    [InlineData(BackgroundServiceExceptionBehavior.Ignore)]
    public async Task OneEndsTheBridgeAsAnyBackgroundServiceEnds(BackgroundServiceExceptionBehavior behaviour)
    {
        Messages log = new();
        using IHost host = Build(new MemoryDevice("mem0"), services: s =>
        {
            s.Configure<HostOptions>(o => o.BackgroundServiceExceptionBehavior = behaviour);
            s.AddSingleton<ILoggerProvider>(log);
        });
        using Figures measured = new(host);
        await host.StartAsync(TestContext.Current.CancellationToken);
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Start(host, () => throw new FormatException("a page of the wrong form"));
        BackgroundService service = Assert.Single(host.Services.GetServices<IHostedService>().OfType<SimBridgeService>());
        await Assert.ThrowsAsync<FormatException>(() => service.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal("Error Bridge: application server ended with System.FormatException: a page of the wrong form", Assert.Single(log.Lines, l => l.StartsWith("Error Bridge", StringComparison.Ordinal)));
        Assert.Equal(1, measured["application.exceptions server System.FormatException"]);
        bool stops = await Until(() => Task.FromResult(stopping.IsCancellationRequested), s => s || behaviour == BackgroundServiceExceptionBehavior.Ignore);
        Assert.Equal(behaviour == BackgroundServiceExceptionBehavior.StopHost, stops);
    }

    [Fact]
    public async Task OneEndsItsApplicationAloneWhenTheOptionsSaySo()
    {
        Messages log = new();
        MemoryDevice device = new("mem0");
        using IHost host = Build(
            device,
            o => o.Interval = TimeSpan.FromMilliseconds(10),
            s => s.AddSingleton<ILoggerProvider>(log),
            new() { ["SimBridge:ApplicationExceptionBehavior"] = "StopApplication" });
        using Figures measured = new(host);
        await host.StartAsync(TestContext.Current.CancellationToken);
        SimBridge bridge = host.Services.GetRequiredService<SimBridge>();
        // At once, before the first await; and later.
        await Start(host, () => throw new FormatException("first"));
        await Start(host, async () =>
        {
            await Task.Yield();
            throw new FormatException("second");
        });
        await Start(host, async () =>
        {
            await Task.Yield();
            throw new InvalidDataException("third");
        });
        await measured.Is("application.exceptions server System.FormatException", 2);
        await measured.Is("application.exceptions server System.IO.InvalidDataException", 1);
        Assert.Equal(["first", "second", "third"], await bridge.InvokeAsync(s => s.Applications.Where(a => a.IsCompleted).Select(a => a.Failure!.Message)));
        Assert.Equal(1, measured["connection.count server listen"]);
        Assert.Equal(3, log.Lines.Count(l => l.StartsWith("Error Bridge: application server", StringComparison.Ordinal)));
        Assert.Contains("simnet.bridge.application.exceptions error.type", measured.Tags.Keys);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ADisposedProgramDoesNotPullTheDevicesFromUnderTheSession()
    {
        MemoryDevice device = new("mem0");
        IHost host = Build(device);
        await host.StartAsync(TestContext.Current.CancellationToken);
        BackgroundService service = Assert.Single(host.Services.GetServices<IHostedService>().OfType<SimBridgeService>());
        using ManualResetEventSlim entered = new(), goOn = new();
        Task<bool> busy = host.Services.GetRequiredService<SimBridge>().InvokeAsync(_ =>
        {
            entered.Set();
            goOn.Wait(TimeSpan.FromSeconds(30));
            return device.IsDisposed;
        });
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        // Without StopAsync, as when a shutdown takes too long.
        Task disposing = Task.Run(host.Dispose, TestContext.Current.CancellationToken);
        Assert.NotSame(disposing, await Task.WhenAny(disposing, Task.Delay(100, TestContext.Current.CancellationToken)));
        goOn.Set();
        await disposing.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(await busy);
        Assert.True(device.IsDisposed);
        await service.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private static Task Start(IHost host, Func<Task> body) =>
        host.Services.GetRequiredService<SimBridge>().InvokeAsync(s => { s.Hosts[0].Start(_ => body()); });
}
