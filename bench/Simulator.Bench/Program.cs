using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Simulator.Bench;

// dotnet run -c Release --project bench/Simulator.Bench -- --filter '*FramePool*'
// In this process: BenchmarkDotNet 0.14 cannot generate a project for .NET 10.
IConfig config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(FramePoolBenchmarks).Assembly).Run(args, config);
