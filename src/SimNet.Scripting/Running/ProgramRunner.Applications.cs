using SimNet.Scripting.Applications;
using SimNet.Scripting.Model;

namespace SimNet.Scripting.Running;

/// <summary>The steps that are whole applications.</summary>
internal sealed partial class ProgramRunner
{
    private async Task<SocketResult64> ApplicationAsync(ApplicationStatement statement, CallRecord record)
    {
        switch (statement)
        {
            case HttpServerStatement server:
                return new HttpServer(_calls, server).Start();
            case StreamServerStatement server:
                return new StreamServer(_calls, server).Start();
            case HttpGetStatement get:
                return await new HttpExchange(_calls, get, record).RunAsync();
            case PingStatement ping:
                return await new Pinger(_calls, ping, record).RunAsync();
            default:
                throw new InvalidOperationException($"The step '{statement.Word}' has no runner.");
        }
    }
}
