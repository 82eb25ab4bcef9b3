using System.Buffers.Binary;
using SimNet.Random;
using SimStack.Wire;

namespace SimNet.Links;

/// <summary>Carries out a <see cref="FrameEdit"/> on a frame's bytes.</summary>
internal static class FrameEditor
{
    /// <summary>Changes the frame in place.</summary>
    public static void Apply(FrameEdit edit, Span<byte> frame, SimRandom random)
    {
        FrameSummary summary = new(default, LinkSide.AToB, 0, frame);
        if (summary.IsIp)
        {
            EditIp(edit, frame[EthernetView.HeaderLength..], summary.EtherType == EtherType.Ipv4);
        }

        if (summary.IsTcp)
        {
            EditTcp(edit, frame[summary.TransportOffset..(summary.PayloadOffset + summary.PayloadLength)]);
        }

        if (edit.Flip is { } flip && Start(in summary, flip.From) is var start and >= 0 && start + flip.Offset < frame.Length)
        {
            frame[start + flip.Offset] ^= flip.Mask;
        }

        if (edit.FlipRandomPayloadBit && summary.PayloadLength > 0)
        {
            int bit = random.NextInt32(summary.PayloadLength * 8);
            frame[summary.PayloadOffset + bit / 8] ^= (byte)(1 << bit % 8);
        }

        if (!edit.LeaveChecksums)
        {
            ChecksumMender.Mend(frame);
        }
    }

    private static void EditIp(FrameEdit edit, Span<byte> packet, bool isV4)
    {
        if (edit.Ecn is { } ecn)
        {
            SetTrafficClass(packet, isV4, (TrafficClass(packet, isV4) & ~3) | (ecn & 3));
        }

        if (edit.Dscp is { } dscp)
        {
            SetTrafficClass(packet, isV4, (TrafficClass(packet, isV4) & 3) | (dscp & 63) << 2);
        }

        if (edit.Ttl is { } ttl)
        {
            packet[isV4 ? 8 : 7] = ttl;
        }
    }

    private static int TrafficClass(ReadOnlySpan<byte> packet, bool isV4) =>
        isV4 ? packet[1] : BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4 & 0xFF;

    private static void SetTrafficClass(Span<byte> packet, bool isV4, int value)
    {
        if (isV4)
        {
            packet[1] = (byte)value;
            return;
        }

        int others = BinaryPrimitives.ReadUInt16BigEndian(packet) & 0xF00F;
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)(others | value << 4));
    }

    private static void EditTcp(FrameEdit edit, Span<byte> segment)
    {
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]);
        uint acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(segment[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], unchecked(sequence + (uint)edit.SequenceShift));
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], unchecked(acknowledgment + (uint)edit.AcknowledgmentShift));
        int flags = BinaryPrimitives.ReadUInt16BigEndian(segment[12..]);
        flags = (flags | (int)edit.FlagsSet) & ~((int)edit.FlagsClear & 0x1FF);
        BinaryPrimitives.WriteUInt16BigEndian(segment[12..], (ushort)flags);
        if (edit.Window is { } window)
        {
            BinaryPrimitives.WriteUInt16BigEndian(segment[14..], window);
        }

        if (edit.Mss is not null || edit.StrippedOptions.Count > 0)
        {
            EditOptions(edit, segment[TcpView.MinHeaderLength..(segment[12] >> 4 << 2)]);
        }
    }

    private static void EditOptions(FrameEdit edit, Span<byte> options)
    {
        TcpOptionReader reader = new(options);
        while (reader.MoveNext())
        {
            if (reader.Kind == TcpOptionKind.MaximumSegmentSize && reader.Data.Length == 2 && edit.Mss is { } mss)
            {
                BinaryPrimitives.WriteUInt16BigEndian(options[(reader.Offset + 2)..], mss);
            }

            if (reader.Kind > TcpOptionKind.NoOperation && edit.StrippedOptions.Contains(reader.Kind))
            {
                options.Slice(reader.Offset, reader.Data.Length + 2).Fill((byte)TcpOptionKind.NoOperation);
            }
        }
    }

    private static int Start(in FrameSummary summary, FrameLayer layer) => layer switch
    {
        FrameLayer.Ethernet => 0,
        FrameLayer.Network => EthernetView.HeaderLength,
        FrameLayer.Transport => summary.IsIp ? summary.TransportOffset : -1,
        _ => summary.IsIp ? summary.PayloadOffset : -1,
    };
}
