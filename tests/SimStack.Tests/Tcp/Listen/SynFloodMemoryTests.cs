using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Tcp.Listen;

/// <summary>What a flood leaves in memory. That is the whole process's, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(SynFloodMemoryTests), DisableParallelization = true)]
[Collection(nameof(SynFloodMemoryTests))]
public sealed class SynFloodMemoryTests
{
    /// <summary>A flood from as many addresses leaves one queue full, and not a frame or a record more.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("2")]
    public void A_hundred_thousand_spoofed_syns_take_no_memory(string cookies)
    {
        Dialogue net = new(settings: s => s.Set("net.ipv4.tcp_syncookies", cookies, out _));
        net.Listen(backlog: 64);
        ScriptedPeer[] spoofed = [.. Enumerable.Range(0, 20_000).Select(i => net.AddPeer((ushort)(10_000 + i)))];
        long before = 0;
        for (int i = 0; i < 100_000; i++)
        {
            ScriptedPeer peer = spoofed[i % spoofed.Length];
            peer.Send(Syn((uint)i * 40_503));
            peer.Ignore();
            net.Queues.Clear();
            net.Changes.Clear();
            if (i == 20_000)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(growth, long.MinValue, 1_000_000);
        Assert.Equal(cookies == "2" ? 0 : 65, net.Listener.GetListenQueues()!.SynQueue.Count);
    }
}
