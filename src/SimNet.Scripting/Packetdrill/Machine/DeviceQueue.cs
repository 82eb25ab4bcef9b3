using SimStack.Ip;
using SimStack.Ip.Queues;

namespace SimNet.Scripting.Packetdrill.Machine;

/// <summary>
/// The queue before the device, as <c>tc qdisc</c> sets it. A tun device takes every packet at once, so that no queue builds up in one that
/// holds nothing back: of the limit of a fifo only 0 has an effect.
/// </summary>
internal sealed class DeviceQueue(NetworkInterface device)
{
    /// <summary>Packets that may wait; null is the default queue, which never fills.</summary>
    public int? Limit { get; private set; }

    /// <summary>The kind's name as <c>tc</c> writes it, such as <c>pfifo</c>; null for the default one.</summary>
    public string? Kind { get; private set; }

    /// <summary><c>tc qdisc add|replace … root pfifo limit N</c></summary>
    public void SetFifo(string kind, int? limit)
    {
        Reset();
        Kind = kind;
        Limit = limit;
        device.RefusesFrames = limit == 0;
    }

    /// <summary><c>tc qdisc add|replace|change … root fq</c>; one that is there already goes on with other parameters.</summary>
    public void SetFair(FairQueueOptions options)
    {
        if (device.Queue is FairQueue there)
        {
            there.Change(options);
            return;
        }

        Reset();
        Kind = "fq";
        device.SetQueue(new FairQueue(device.Mtu, options, device.LinkHeaderLength));
    }

    /// <summary><c>tc qdisc del … root</c></summary>
    public void Reset()
    {
        device.SetQueue(null);
        Kind = null;
        Limit = null;
        device.RefusesFrames = false;
    }
}
