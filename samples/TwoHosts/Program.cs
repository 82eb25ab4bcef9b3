// Two hosts on a bad link: ordinary async code over simulated sockets, watched with Rx, captured for Wireshark.
using System.Text;
using SimNet;
using SimNet.Capture;
using SimNet.Hosts;
using SimNet.Links;
using SimNet.Random;
using SimStack;
using SimStack.Ip;
using SimStack.Tcp;

using Simulation simulation = new(new SimulationOptions { Seed = 7 });
SimHost client = simulation.AddHost("client");
SimHost server = simulation.AddHost("server");
client.AddInterface().AddAddress(IpAddress.Parse("10.0.0.1"), 24);
server.AddInterface().AddAddress(IpAddress.Parse("10.0.0.2"), 24);
simulation.AddLink(client.Interfaces[0], server.Interfaces[0], LinkOptions.Symmetric(new LinkDirectionOptions
{
    Rate = new DataRate(10_000_000),
    Delay = Duration.FromMilliseconds(20),
    Loss = Probability.Parse("3%"),
}));

simulation.Observe.StateChanges.Subscribe(change => Console.WriteLine(
    $"{change.Event.Time}  {change.Host.Name,-6}  {change.Event.From.ToRfcName()} -> {change.Event.To.ToRfcName()}  ({change.Event.Cause})"));

string path = Path.Combine(Path.GetTempPath(), "two-hosts.pcapng");
using PcapngWriter writer = PcapngWriter.Create(path);
using CaptureSession capture = new(simulation, writer, [client.Interfaces[0]]);

byte[] question = Encoding.UTF8.GetBytes(new string('?', 50_000));
IpEndpoint endpoint = new(server.Interfaces[0].Addresses[0], 7);
int echoed = 0;

server.Start(async host =>
{
    using SimTcpListener listener = host.Listen(endpoint);
    await using SimTcpStream stream = await listener.AcceptAsync();
    await stream.CopyToAsync(stream);
});

client.Start(async host =>
{
    await using SimTcpStream stream = await host.ConnectAsync(endpoint);
    await stream.WriteAsync(question);
    byte[] answer = new byte[question.Length];
    await stream.ReadExactlyAsync(answer);
    echoed = answer.AsSpan().SequenceEqual(question) ? answer.Length : -1;
});

simulation.Run();
Console.WriteLine($"{echoed} bytes came back intact after {simulation.Now} simulated seconds; the capture is {path}");
return echoed == question.Length ? 0 : 1;
