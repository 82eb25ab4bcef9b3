namespace SimNet.Tests.Bridge;

/// <summary>Two kernels on one cable: <c>ve0</c> with 10.8.0.1 and fd08::1, and <c>ve1</c> with 10.8.0.3 and fd08::3.</summary>
internal sealed class Cable : IDisposable
{
    public Cable()
    {
        Peer.Run("ip", "link", "add", "ve0", "type", "veth", "peer", "name", "ve1", "netns", Beside.Name);
        Set(Peer, "ve0", "1");
        Set(Beside, "ve1", "3");
    }

    /// <summary>The kernel that the station talks to.</summary>
    public KernelNamespace Peer { get; } = new();

    /// <summary>The kernel on whose interface the station is.</summary>
    public KernelNamespace Beside { get; } = new();

    public void Dispose()
    {
        Peer.Dispose();
        Beside.Dispose();
    }

    private static void Set(KernelNamespace kernel, string device, string number)
    {
        kernel.Run("ip", "address", "add", "10.8.0." + number + "/24", "dev", device);
        kernel.Run("ip", "address", "add", "fd08::" + number + "/64", "dev", device, "nodad");
        kernel.Run("ip", "link", "set", device, "up");
    }
}
