using System.Numerics;
using SimStack.Ip;

namespace SimStack.Tcp;

/// <summary>
/// What holds received data in Linux, an sk_buff: how many bytes of data it has, the memory it takes of SO_RCVBUF (skb->truesize), and how
/// much can still be joined to it. Measured on Linux 6.18 (x86-64) with SO_MEMINFO, for each <see cref="ReceiveBufferLayout"/>.
/// </summary>
internal struct SegmentBuffer
{
    /// <summary>MAX_SKB_FRAGS: pieces of pages that follow the head.</summary>
    private const int MostPieces = 17;

    /// <summary>The sk_buff itself, in bytes, on a 64-bit machine.</summary>
    public const int Descriptor = 256;

    /// <summary>The skb_shared_info behind the data, and the headroom before it.</summary>
    private const int SharedInfo = 320, Headroom = 64, CacheLine = 64;

    /// <summary>A head of the smallest kind, and a page.</summary>
    private const int SmallHead = 256, Page = 4096;

    /// <summary>What collapsing fills: a page less the skb_shared_info (SKB_MAX_ORDER(0, 0)).</summary>
    public const int CollapsedLength = Page - SharedInfo;

    public int Length;
    public int Memory;
    private short _room;
    private byte _pieces;
    private bool _stealable;

    /// <summary>The buffer of a segment as the driver made it.</summary>
    /// <param name="layout">How the interface's driver puts frames into memory.</param>
    /// <param name="length">Bytes of data.</param>
    /// <param name="packet">Bytes of the IP packet.</param>
    public static SegmentBuffer For(ReceiveBufferLayout layout, int length, int packet)
    {
        const int Ethernet = 14;
        int aligned = (packet + Ethernet + Headroom + CacheLine - 1) & ~(CacheLine - 1);
        if (layout is ReceiveBufferLayout.PagePieces && aligned + SharedInfo <= Page)
        {
            return new SegmentBuffer
            {
                Length = length,
                Memory = aligned + SharedInfo + Descriptor,
                _room = (short)(aligned - packet - Ethernet - Headroom),
                _stealable = true,
            };
        }

        const int LargestHead = Page - SharedInfo - Headroom;
        if (packet > LargestHead)
        {
            return new SegmentBuffer { Length = length, Memory = Page + Descriptor + ((packet - LargestHead + Page - 1) & ~(Page - 1)) };
        }

        int head = packet + Headroom <= SmallHead ? SmallHead : (int)BitOperations.RoundUpToPowerOf2((uint)(packet + Headroom + SharedInfo)) - SharedInfo;
        return new SegmentBuffer { Length = length, Memory = head + SharedInfo + Descriptor, _room = (short)(head - Headroom - packet) };
    }

    /// <summary>
    /// A packet that receive offload joined from many: the first one's head and the pages of all, and each whole buffer behind those that have room
    /// no more (skb_gro_receive).
    /// </summary>
    /// <param name="layout">How the interface's driver puts frames into memory.</param>
    /// <param name="length">Bytes of data in all.</param>
    /// <param name="part">Bytes of data in each.</param>
    /// <param name="header">Bytes of IP and TCP header.</param>
    public static SegmentBuffer OfParts(ReceiveBufferLayout layout, int length, int part, int header)
    {
        SegmentBuffer whole = For(layout, part, header + part);
        int others = ((length + part - 1) / part) - 1;
        int last = For(layout, length - (others * part), header + length - (others * part)).Memory;
        int pages = Math.Min(others, MostPieces - 1);
        return new SegmentBuffer
        {
            Length = length,
            Memory = (others * whole.Memory) + last - (pages * Descriptor),
            _pieces = MostPieces,
        };
    }

    /// <summary>A buffer that tcp_collapse made and filled with so many bytes.</summary>
    public static SegmentBuffer Collapsed(int length)
    {
        int head = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length + SharedInfo, SmallHead + SharedInfo));
        return new SegmentBuffer { Length = length, Memory = head + Descriptor, _room = (short)(head - SharedInfo - length) };
    }

    /// <summary>Joins the next buffer's data to this one, copied or by its page; false when it stays one of its own (skb_try_coalesce).</summary>
    /// <param name="next">Its data follows this one's.</param>
    /// <param name="memory">What the receive buffer holds more than before.</param>
    public bool TryJoin(in SegmentBuffer next, out int memory)
    {
        memory = 0;
        if (next.Length <= _room)
        {
            _room -= (short)next.Length;
        }
        else if (next._stealable && _pieces + next._pieces < MostPieces)
        {
            memory = next.Memory - Descriptor;
            Memory += memory;
            _pieces += (byte)(next._pieces + 1);
            _room = 0;
        }
        else
        {
            return false;
        }

        Length += next.Length;
        return true;
    }
}
