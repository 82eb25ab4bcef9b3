using System.Runtime.InteropServices;
using SimNet.Bridge.Native;
using SimStack.Wire;

namespace SimNet.Bridge;

/// <summary>Segmentation and checksum offload (IFF_VNET_HDR): packets of up to 64 KiB pass in one call, each behind a <see cref="VirtioHeader"/>.</summary>
public sealed unsafe partial class TapDevice
{
    private const nuint TUNGETFEATURES = 0x800454cf;
    private const nuint TUNSETOFFLOAD = 0x400454d0;
    private const nuint TUNSETVNETHDRSZ = 0x400454d8;
    private const short IFF_VNET_HDR = 0x4000;
    private const nuint TUN_F_CSUM = 1, TUN_F_TSO4 = 2, TUN_F_TSO6 = 4, TUN_F_TSO_ECN = 8;

    // What is read before the simulation runs stays in the near caches until it has.
    private const int MostBytesAtOnce = 256 * 1024;
    private const int LongestFrame = TcpFrameLayout.Ip + TcpFrameLayout.MaxPacketLength;
    private readonly SegmentGroup? _group;

    /// <inheritdoc/>
    internal override bool TakesLongPackets => _group is not null;

    /// <inheritdoc/>
    public override void Flush(FramePool pool) => WriteGroup(pool);

    private static void CheckOffload(int descriptor, string name)
    {
        uint features = 0;
        if (Libc.Ioctl(descriptor, TUNGETFEATURES, &features) < 0 || (features & IFF_VNET_HDR) == 0)
        {
            throw new BridgeException($"TAP device {name} can have no offload: this system's TAP devices lack it (IFF_VNET_HDR); leave it out");
        }
    }

    // A device that stays keeps it, and would hand long packets without checksums to whoever opens it next.
    private static void ResetOffload(int descriptor) => _ = Libc.Ioctl(descriptor, TUNSETOFFLOAD, null);

    private static void SetOffload(int descriptor, string name)
    {
        int length = VirtioHeader.Length;
        if (Libc.Ioctl(descriptor, TUNSETVNETHDRSZ, &length) < 0
            || Libc.Ioctl(descriptor, TUNSETOFFLOAD, (void*)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)) < 0)
        {
            throw new BridgeException($"TAP device {name} has no offload: {LastError()}; leave it out");
        }
    }

    private int ReadPackets(FramePool pool, Span<Frame> frames)
    {
        int count = 0;
        Frame? frame = null;
        for (nint total = 0; count < frames.Length && total < MostBytesAtOnce;)
        {
            frame ??= pool.Rent(LongestFrame);
            nint length = ReadPacket(frame, count, out VirtioHeader header);
            if (length < 0)
            {
                break;
            }

            total += length;
            Counters.RxBytes += length;
            frame.Length = (int)length;
            if (!ReceivedPacket.TryFinish(header, frame))
            {
                Counters.RxErrors++;
                frame.SegmentSize = 0;
                continue;
            }

            // Short ones are copied, so that not each of them takes memory for 64 KiB.
            if (length <= _capacity && frame.SegmentSize == 0)
            {
                frames[count++] = pool.Copy(frame.Bytes);
            }
            else
            {
                frames[count++] = frame;
                frame = null;
            }
        }

        if (frame is not null)
        {
            pool.Return(frame);
        }

        Counters.RxFrames += count;
        return count;
    }

    /// <returns>The frame's length; -1: none waits.</returns>
    private nint ReadPacket(Frame frame, int count, out VirtioHeader header)
    {
        VirtioHeader read = default;
        nint length;
        Libc.IoVector* vectors = stackalloc Libc.IoVector[2];
        fixed (byte* buffer = frame.Buffer)
        {
            vectors[0] = new Libc.IoVector { Start = &read, Length = VirtioHeader.Length };
            vectors[1] = new Libc.IoVector { Start = buffer, Length = LongestFrame };
            length = Libc.ReadVector(_descriptor, vectors, 2);
        }

        if (length <= 0)
        {
            ThrowUnlessEmpty(Marshal.GetLastSystemError(), count);
        }

        header = read;
        return length <= 0 ? -1 : Math.Max(0, length - VirtioHeader.Length);
    }

    private void WritePacket(FramePool pool, Frame frame)
    {
        if (!_group!.TryAdd(frame))
        {
            WriteGroup(pool);
            _group.TryAdd(frame);
        }

        if (!frame.GroupFollows)
        {
            WriteGroup(pool);
        }
    }

    private void WriteGroup(FramePool pool)
    {
        if (_group is not { Count: > 0 } group)
        {
            return;
        }

        Libc.IoVector* vectors = group.Finish(out int count);
        CountWritten(Libc.WriteVector(_descriptor, vectors, count) - VirtioHeader.Length, group.Length);
        foreach (Frame frame in group.Frames)
        {
            pool.Return(frame);
        }

        group.Clear();
    }
}
