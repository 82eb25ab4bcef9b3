// A simulated web server as a part of an ordinary program: on a TAP device, behind a slow link, with configuration, logging and metrics.
//   SimBridge__Device__Name=tap0 SimBridge__Device__Addresses__0=10.99.0.1/24 dotnet run --project samples/HostedBridge
//   curl http://10.99.0.2/
// Or on an interface that exists, for the other machines of its network:
//   SimBridge__Device__Kind=packet SimBridge__Device__Name=eth0 dotnet run --project samples/HostedBridge
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SimNet.Bridge;
using SimNet.Hosting;
using SimNet.Hosts;
using SimNet.Links;
using SimStack;
using SimStack.Ip;

HostApplicationBuilder builder = new(args);
if (builder.Configuration["SimBridge:Device:Name"] is null)
{
    Console.WriteLine("Say which device, in the environment or appsettings.json: SimBridge__Device__Name=tap0. To make one takes root.");
    return 0;
}

builder.Services.AddSimBridge(options => options.Network = network =>
{
    BridgePort outside = network.Simulation.AddBridgePort("outside");
    SimHost server = network.Simulation.AddHost("server");
    HostInterface eth0 = server.AddInterface();
    eth0.AddAddress(IpAddress.Parse("10.99.0.2"), 24);
    network.Simulation.AddLink(outside, eth0, LinkOptions.Symmetric(new LinkDirectionOptions { Delay = Duration.FromMilliseconds(20) }));
    server.Start(Serve);
});

using IHost host = builder.Build();
try
{
    await host.RunAsync();
    return 0;
}
catch (Exception refused) when (refused is BridgeException or OptionsValidationException or InvalidOperationException)
{
    // A device that the system does not give, or a setting that makes no sense: the message says what would be right. The host has logged where it came from.
    Console.Error.WriteLine(refused.Message);
    return 1;
}

static async Task Serve(SimHost server)
{
    using SimTcpListener listener = server.Listen(new IpEndpoint(IpAddress.AnyV4, 80));
    while (true)
    {
        SimTcpStream connection = await listener.AcceptAsync();
        server.Start(async _ =>
        {
            try
            {
                await using SimTcpStream stream = connection;
                await Answer(stream, server.Now);
            }
            catch (SimSocketException)
            {
                // The client is gone. What leaves an application's code ends the service, unless ApplicationExceptionBehavior says otherwise.
            }
        });
    }
}

static async Task Answer(SimTcpStream stream, Instant now)
{
    byte[] request = new byte[4096];
    int length = 0;
    while (length < request.Length && !request.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
    {
        int count = await stream.ReadAsync(request.AsMemory(length));
        if (count == 0)
        {
            return;
        }

        length += count;
    }

    string page = $"A simulated host says hello, {now} after its start.\n";
    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {page.Length}\r\nConnection: close\r\n\r\n{page}"));
}
