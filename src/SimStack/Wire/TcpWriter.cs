using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using SimStack.Ip;

namespace SimStack.Wire;

/// <summary>Writes TCP headers (RFC 9293 §3.1).</summary>
public static class TcpWriter
{
    /// <summary>NOP, NOP, kind 8, length 10: what precedes TSval and TSecr (RFC 7323 appendix A).</summary>
    internal const uint TimestampsPrefix = 0x0101_080A;

    private const int MaxOptionLength = TcpView.MaxHeaderLength - TcpView.MinHeaderLength;

    /// <summary>Writes a header with a checksum field of zero and returns its length, 20 to 60 bytes.</summary>
    /// <param name="destination">As long as the header; 60 bytes suffice always.</param>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="sequence">SEG.SEQ</param>
    /// <param name="acknowledgment">SEG.ACK</param>
    /// <param name="flags">Control bits.</param>
    /// <param name="window">SEG.WND, already scaled.</param>
    /// <param name="urgentPointer">SEG.UP</param>
    /// <param name="options">What is present is written; what no longer fits 40 bytes is left out, of SACK blocks the last
    /// ones.</param>
    /// <param name="layout">In which order.</param>
    public static int Write(
        Span<byte> destination,
        ushort sourcePort,
        ushort destinationPort,
        SequenceNumber sequence,
        SequenceNumber acknowledgment,
        TcpFlags flags,
        ushort window,
        ushort urgentPointer,
        in TcpOptions options,
        TcpOptionLayout layout)
    {
        int length = TcpView.MinHeaderLength;
        if (options.IsTimestampsOnly)
        {
            length = TcpView.MinHeaderLength + 12;
            BinaryPrimitives.WriteUInt32BigEndian(destination[20..], TimestampsPrefix);
            BinaryPrimitives.WriteUInt64BigEndian(destination[24..], (ulong)options.TsVal << 32 | options.TsEcr);
        }
        else if (!options.IsEmpty)
        {
            length += WriteOptions(destination[TcpView.MinHeaderLength..], options, layout);
        }

        destination = destination[..length];
        BinaryPrimitives.WriteUInt64BigEndian(
            destination, (ulong)sourcePort << 48 | (ulong)destinationPort << 32 | sequence.Value);
        BinaryPrimitives.WriteUInt64BigEndian(
            destination[8..], (ulong)acknowledgment.Value << 32 | (uint)(length << 26 | ((int)flags & 0x1FF) << 16 | window));
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], urgentPointer);
        return length;
    }

    /// <summary>How long <see cref="Write"/> makes the options: 0 to 40 bytes, a multiple of 4.</summary>
    public static int MeasureOptions(in TcpOptions options, TcpOptionLayout layout)
    {
        if (options.IsEmpty)
        {
            return 0;
        }

        return options.IsTimestampsOnly ? 12 : Measure(options, layout);

        [SkipLocalsInit]
        static int Measure(in TcpOptions options, TcpOptionLayout layout)
        {
            Span<byte> scratch = stackalloc byte[MaxOptionLength];
            return WriteOptions(scratch, options, layout);
        }
    }

    /// <summary>
    /// Computes the checksum over pseudo header and segment and writes it into the segment (RFC 9293 §3.1, MUST-2).
    /// </summary>
    public static void WriteChecksum(Span<byte> segment, in IpAddress source, in IpAddress destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], 0);
        ulong sum = InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], InternetChecksum.Fold(InternetChecksum.Sum(segment, sum)));
    }

    /// <summary>
    /// The same when the payload was summed as it was copied: only the header is read.
    /// </summary>
    /// <param name="segment">Header and payload.</param>
    /// <param name="headerLength">Length of the header in bytes.</param>
    /// <param name="payloadSum">What <see cref="InternetChecksum.SumAndCopy"/> gave for the payload.</param>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    public static void WriteChecksum(
        Span<byte> segment, int headerLength, ulong payloadSum, in IpAddress source, in IpAddress destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(segment[16..], 0);
        ulong sum = payloadSum + InternetChecksum.PseudoHeader(source, destination, IpProtocol.Tcp, segment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment[16..], InternetChecksum.Fold(InternetChecksum.Sum(segment[..headerLength], sum)));
    }

    private static int WriteOptions(Span<byte> destination, in TcpOptions options, TcpOptionLayout layout)
    {
        OptionArea area = new(destination[..Math.Min(destination.Length, MaxOptionLength)]);
        bool joined = false;
        foreach (TcpOptionStep step in layout.Steps)
        {
            switch (step)
            {
                case TcpOptionStep.SackPermittedAndTimestamps when options.SackPermitted && options.HasTimestamps:
                    joined = area.WriteJoined(options);
                    break;
                case TcpOptionStep.SackPermitted when options.SackPermitted && !joined:
                    area.Open(TcpOptionKind.SackPermitted, 0);
                    break;
                case TcpOptionStep.Timestamps when options.HasTimestamps && !joined:
                    area.WritePair(TcpOptionKind.Timestamps, options.TsVal, options.TsEcr);
                    break;
                case TcpOptionStep.MaximumSegmentSize when options.Mss != 0:
                    area.WriteHalf(TcpOptionKind.MaximumSegmentSize, options.Mss);
                    break;
                case TcpOptionStep.UserTimeout when options.HasUserTimeout:
                    area.WriteHalf(TcpOptionKind.UserTimeout, options.UserTimeout);
                    break;
                case TcpOptionStep.WindowScale when options.WindowScale >= 0:
                    area.WriteByte(TcpOptionKind.WindowScale, (byte)options.WindowScale);
                    break;
                case TcpOptionStep.Md5Signature when options.HasMd5:
                    area.Open(TcpOptionKind.Md5Signature, 16).Clear();
                    break;
                case TcpOptionStep.Authentication when options.HasAuthentication:
                    area.WriteAuthentication(options);
                    break;
                case TcpOptionStep.Sack when options.SackCount > 0:
                    area.WriteSack(options);
                    break;
                case TcpOptionStep.FastOpen when options.HasFastOpen:
                    area.FlushRest();
                    area.WriteFastOpen(options);
                    break;
                case TcpOptionStep.AccurateEcn when options.HasAccurateEcn:
                    area.WriteAccurateEcn(options);
                    break;
                default:
                    break;
            }
        }

        area.FlushRest();
        return area.Length;
    }

    /// <summary>The options' space as it fills up; its length is a multiple of four after every option.</summary>
    private ref struct OptionArea(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;

        // Up to two bytes of AccECN's option that the next option's padding is to take.
        private int _restLength;
        private byte _restFirst;
        private byte _restSecond;

        internal int Length { get; private set; }

        /// <summary>NOPs, kind and length; returns where the data goes, or nothing when there is no room.</summary>
        internal Span<byte> Open(TcpOptionKind kind, int dataLength)
        {
            int length = dataLength + 2;
            int padding = -length & 3;
            if (Length + padding + length > _bytes.Length)
            {
                return default;
            }

            Span<byte> rest = _bytes.Slice(Length, padding + length);
            rest[..padding].Fill((byte)TcpOptionKind.NoOperation);
            if (_restLength > 0 && _restLength <= padding)
            {
                TakeRest(rest);
            }

            rest[padding] = (byte)kind;
            rest[padding + 1] = (byte)length;
            Length += padding + length;
            return rest[(padding + 2)..];
        }

        internal void WriteAccurateEcn(in TcpOptions options)
        {
            int length = 2 + (3 * options.AccurateEcnFields);
            Span<byte> option = stackalloc byte[2 + (3 * TcpOptions.MaxAccurateEcnFields) + 1];
            option[0] = (byte)(options.AccurateEcnBeginsWithEct1 ? TcpOptionKind.AccurateEcnOrder1 : TcpOptionKind.AccurateEcnOrder0);
            option[1] = (byte)length;
            for (int i = 0; i < options.AccurateEcnFields; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(option[(2 + (3 * i))..], options.GetAccurateEcn(i) << 8);
            }

            option[length] = (byte)TcpOptionKind.NoOperation;
            int whole = (length & 3) == 3 ? length + 1 : length & ~3;
            if (Length + whole > _bytes.Length)
            {
                return;
            }

            option[..whole].CopyTo(_bytes[Length..]);
            Length += whole;
            _restLength = Math.Max(0, length - whole);
            (_restFirst, _restSecond) = _restLength > 0 ? (option[whole], option[whole + 1]) : default;
        }

        /// <summary>No option's padding took what was left over: four bytes of its own.</summary>
        internal void FlushRest()
        {
            if (_restLength > 0 && Length + 4 <= _bytes.Length)
            {
                Span<byte> rest = _bytes.Slice(Length, 4);
                rest.Fill((byte)TcpOptionKind.NoOperation);
                TakeRest(rest);
                Length += 4;
            }
        }

        private void TakeRest(Span<byte> bytes)
        {
            bytes[0] = _restFirst;
            if (_restLength > 1)
            {
                bytes[1] = _restSecond;
            }

            _restLength = 0;
        }

        internal bool WriteJoined(in TcpOptions options)
        {
            if (Length + 12 > _bytes.Length)
            {
                return false;
            }

            WritePair(TcpOptionKind.Timestamps, options.TsVal, options.TsEcr);
            _bytes[Length - 12] = (byte)TcpOptionKind.SackPermitted;
            _bytes[Length - 11] = 2;
            return true;
        }

        internal void WriteByte(TcpOptionKind kind, byte value)
        {
            Span<byte> data = Open(kind, 1);
            if (!data.IsEmpty)
            {
                data[0] = value;
            }
        }

        internal void WriteHalf(TcpOptionKind kind, ushort value) =>
            BinaryPrimitives.TryWriteUInt16BigEndian(Open(kind, 2), value);

        internal void WritePair(TcpOptionKind kind, uint first, uint second) =>
            BinaryPrimitives.TryWriteUInt64BigEndian(Open(kind, 8), (ulong)first << 32 | second);

        internal void WriteSack(in TcpOptions options)
        {
            int count = Math.Min(options.SackCount, (_bytes.Length - Length - 4) / 8);
            if (count <= 0)
            {
                return;
            }

            Span<byte> data = Open(TcpOptionKind.Sack, count * 8);
            for (int i = 0; i < count; i++)
            {
                SackBlock block = options.GetSack(i);
                BinaryPrimitives.WriteUInt32BigEndian(data[(i * 8)..], block.Left.Value);
                BinaryPrimitives.WriteUInt32BigEndian(data[(i * 8 + 4)..], block.Right.Value);
            }
        }

        internal void WriteAuthentication(in TcpOptions options)
        {
            int length = 4 + options.MacLength;
            int padded = length + 3 & ~3;
            if (Length + padded > _bytes.Length)
            {
                return;
            }

            Span<byte> rest = _bytes.Slice(Length, padded);
            rest[0] = (byte)TcpOptionKind.Authentication;
            rest[1] = (byte)length;
            rest[2] = options.KeyId;
            rest[3] = options.RNextKeyId;
            rest[4..length].Clear();
            rest[length..].Fill((byte)TcpOptionKind.NoOperation);
            Length += padded;
        }

        internal void WriteFastOpen(in TcpOptions options)
        {
            int header = options.FastOpenIsExperimental ? 4 : 2;
            int length = header + options.FastOpenCookieLength;
            int padded = length + 3 & ~3;
            if (Length + padded > _bytes.Length)
            {
                return;
            }

            Span<byte> rest = _bytes.Slice(Length, padded);
            rest[0] = (byte)(options.FastOpenIsExperimental ? TcpOptionKind.Experimental : TcpOptionKind.FastOpen);
            rest[1] = (byte)length;
            if (options.FastOpenIsExperimental)
            {
                BinaryPrimitives.WriteUInt16BigEndian(rest[2..], TcpOptions.FastOpenExperimentId);
            }

            options.GetFastOpenCookie(rest[header..]);
            rest[length..].Fill((byte)TcpOptionKind.NoOperation);
            Length += padded;
        }
    }
}
