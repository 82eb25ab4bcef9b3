using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace SimStack.Wire;

/// <summary>A segment's options as values. The default has none.</summary>
public struct TcpOptions
{
    /// <summary>More SACK blocks do not fit a header.</summary>
    public const int MaxSackBlocks = 4;

    /// <summary>The longest Fast Open cookie in bytes (RFC 7413 §4.1.1).</summary>
    public const int MaxFastOpenCookie = 16;

    /// <summary>AccECN counts bytes in three fields of 24 bits (RFC 9768 §3.2.3).</summary>
    public const int MaxAccurateEcnFields = 3;

    /// <summary>The longest TCP-AO message authentication code that a header has room for, in bytes.</summary>
    public const int MaxMacLength = 36;

    internal const ushort FastOpenExperimentId = 0xF989;

    // What Linux's tcp_do_parse_auth_options does not look at any more: too short for either option.
    private const int LeastSignature = 5;
    private Present _present;
    private byte _windowScale;
    private byte _sackCount;
    private byte _cookieLength;
    private byte _accurateEcnFields;
    private ushort _mss;
    private ushort _userTimeout;
    private SackBlocks _sack;
    private ulong _cookieHigh;
    private ulong _cookieLow;
    private EcnFields _accurateEcn;

    [Flags]
    private enum Present : ushort
    {
        Mss = 1,
        WindowScale = 2,
        SackPermitted = 4,
        Timestamps = 8,
        Sack = 16,
        FastOpen = 32,
        UserTimeout = 64,
        Md5 = 128,
        Authentication = 256,
        AccurateEcn = 512,
    }

    /// <summary>Maximum segment size in bytes (RFC 9293 §3.7.1); 0 = absent.</summary>
    public ushort Mss
    {
        readonly get => _mss;
        set
        {
            _mss = value;
            Set(Present.Mss, value != 0);
        }
    }

    /// <summary>Shift count (RFC 7323 §2.2) as received, at most 127; -1 = absent. Whoever uses it limits it to 14.</summary>
    public sbyte WindowScale
    {
        readonly get => (sbyte)(_windowScale - 1);
        set
        {
            _windowScale = (byte)(value < 0 ? 0 : value + 1);
            Set(Present.WindowScale, value >= 0);
        }
    }

    public bool SackPermitted
    {
        readonly get => Has(Present.SackPermitted);
        set => Set(Present.SackPermitted, value);
    }

    public bool HasTimestamps
    {
        readonly get => Has(Present.Timestamps);
        set => Set(Present.Timestamps, value);
    }

    /// <summary>TSval (RFC 7323 §3.2), with <see cref="HasTimestamps"/>.</summary>
    public uint TsVal { readonly get; set; }

    /// <summary>TSecr (RFC 7323 §3.2), with <see cref="HasTimestamps"/>.</summary>
    public uint TsEcr { readonly get; set; }

    /// <summary>How many SACK blocks there are, 0 to 4.</summary>
    public int SackCount
    {
        readonly get => _sackCount;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)MaxSackBlocks, nameof(value));
            _sackCount = (byte)value;
            Set(Present.Sack, value != 0);
        }
    }

    public bool HasFastOpen
    {
        readonly get => Has(Present.FastOpen);
        set => Set(Present.FastOpen, value);
    }

    /// <summary>Fast Open came, or goes, in the experimental option 254 rather than 34.</summary>
    public bool FastOpenIsExperimental { readonly get; set; }

    /// <summary>0 to 16 bytes; 0 asks for a cookie.</summary>
    public readonly int FastOpenCookieLength => _cookieLength;

    public bool HasUserTimeout
    {
        readonly get => Has(Present.UserTimeout);
        set => Set(Present.UserTimeout, value);
    }

    /// <summary>RFC 5482 §3.1's field: the highest bit says minutes instead of seconds, 15 bits give the number.</summary>
    public ushort UserTimeout
    {
        readonly get => _userTimeout;
        set
        {
            _userTimeout = value;
            HasUserTimeout = true;
        }
    }

    /// <summary>An MD5 signature (RFC 2385) is there; written with a digest of zeros to be filled in.</summary>
    public bool HasMd5
    {
        readonly get => Has(Present.Md5);
        set => Set(Present.Md5, value);
    }

    /// <summary>Where the parsed MD5 digest begins, in bytes from the first option.</summary>
    public byte Md5Offset { readonly get; set; }

    /// <summary>AccECN's byte counters are there (RFC 9768 §3.2.3), possibly none of them.</summary>
    public bool HasAccurateEcn
    {
        readonly get => Has(Present.AccurateEcn);
        set => Set(Present.AccurateEcn, value);
    }

    /// <summary>The fields come as ECT(1), CE, ECT(0) (kind 174) rather than ECT(0), CE, ECT(1) (kind 172).</summary>
    public bool AccurateEcnBeginsWithEct1 { readonly get; set; }

    /// <summary>How many fields the option has, 0 to 3.</summary>
    public int AccurateEcnFields
    {
        readonly get => _accurateEcnFields;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)MaxAccurateEcnFields, nameof(value));
            _accurateEcnFields = (byte)value;
        }
    }

    /// <summary>TCP-AO (RFC 5925 §2.2) is there; written with a MAC of zeros to be filled in.</summary>
    public bool HasAuthentication
    {
        readonly get => Has(Present.Authentication);
        set => Set(Present.Authentication, value);
    }

    /// <summary>TCP-AO's KeyID: by which key the segment is signed.</summary>
    public byte KeyId { readonly get; set; }

    /// <summary>TCP-AO's RNextKeyID: by which key its sender wants to be answered.</summary>
    public byte RNextKeyId { readonly get; set; }

    /// <summary>Bytes of TCP-AO's MAC, 1 to <see cref="MaxMacLength"/>.</summary>
    public byte MacLength { readonly get; set; }

    /// <summary>Where TCP-AO's parsed MAC begins, in bytes from the first option.</summary>
    public byte MacOffset { readonly get; set; }

    /// <summary>An MD5 signature or TCP-AO of a wrong length was met, or more than one of them.</summary>
    public bool SignatureIsMalformed { readonly get; private set; }

    /// <summary>Something in the options is about authentication: MD5, TCP-AO, or what should be one of them.</summary>
    internal readonly bool IsSigned => (_present & (Present.Md5 | Present.Authentication)) != 0 || SignatureIsMalformed;

    /// <summary>How many options of other kinds were met; <see cref="TcpOptionReader"/> shows them.</summary>
    public byte UnknownCount { readonly get; set; }

    internal readonly bool IsEmpty => _present == 0;
    internal readonly bool IsTimestampsOnly => _present == Present.Timestamps;

    /// <param name="index">0 to <see cref="SackCount"/> - 1.</param>
    public readonly SackBlock GetSack(int index) => _sack[index];

    /// <param name="index">0 to 3; <see cref="SackCount"/> is set apart.</param>
    /// <param name="block">The block.</param>
    public void SetSack(int index, SackBlock block) => _sack[index] = block;

    /// <summary>A field of AccECN's option as on the wire, 24 bits.</summary>
    /// <param name="index">0 to <see cref="AccurateEcnFields"/> - 1.</param>
    public readonly uint GetAccurateEcn(int index) => _accurateEcn[index];

    /// <summary>Sets a field of AccECN's option; of the value the low 24 bits count.</summary>
    /// <param name="index">0 to 2; <see cref="AccurateEcnFields"/> is set apart.</param>
    /// <param name="value">The counter.</param>
    public void SetAccurateEcn(int index, uint value) => _accurateEcn[index] = value & 0xFF_FFFF;

    /// <summary>Appends a block and returns true, or returns false when there are four.</summary>
    public bool AddSack(SackBlock block)
    {
        if (_sackCount == MaxSackBlocks)
        {
            return false;
        }

        _sack[_sackCount] = block;
        SackCount = _sackCount + 1;
        return true;
    }

    /// <summary>Copies the cookie and returns its length.</summary>
    public readonly int GetFastOpenCookie(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[MaxFastOpenCookie];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _cookieHigh);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _cookieLow);
        bytes[.._cookieLength].CopyTo(destination);
        return _cookieLength;
    }

    /// <summary>Sets <see cref="HasFastOpen"/> and the cookie.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 16 bytes.</exception>
    public void SetFastOpenCookie(ReadOnlySpan<byte> cookie)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cookie.Length, MaxFastOpenCookie, nameof(cookie));
        Span<byte> bytes = stackalloc byte[MaxFastOpenCookie];
        bytes.Clear();
        cookie.CopyTo(bytes);
        _cookieHigh = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _cookieLow = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _cookieLength = (byte)cookie.Length;
        HasFastOpen = true;
    }

    /// <summary>
    /// Reads a header's options. False for an option of length 0 or 1 or beyond the header; what came before it is kept. A
    /// known kind of a wrong length is ignored, as Linux does; the last of several counts. Signatures are the exception
    /// (<see cref="SignatureIsMalformed"/>).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> optionBytes, out TcpOptions options)
    {
        options = default;

        // The usual shape in an established connection: NOP NOP TS.
        if (optionBytes.Length == 12 && BinaryPrimitives.ReadUInt32BigEndian(optionBytes) == TcpWriter.TimestampsPrefix)
        {
            options.TsVal = BinaryPrimitives.ReadUInt32BigEndian(optionBytes[4..]);
            options.TsEcr = BinaryPrimitives.ReadUInt32BigEndian(optionBytes[8..]);
            options._present = Present.Timestamps;
            return true;
        }

        return optionBytes.IsEmpty || ParseAll(optionBytes, ref options);
    }

    private static bool ParseAll(ReadOnlySpan<byte> optionBytes, ref TcpOptions options)
    {
        TcpOptionReader reader = new(optionBytes);
        while (reader.MoveNext())
        {
            if (reader.Kind is TcpOptionKind.Md5Signature or TcpOptionKind.Authentication)
            {
                options.TakeSignature(reader.Kind, reader.Data, reader.Offset, optionBytes.Length - reader.Offset);
            }
            else
            {
                options.Take(reader.Kind, reader.Data);
            }
        }

        return !reader.IsMalformed;
    }

    private void Take(TcpOptionKind kind, ReadOnlySpan<byte> data)
    {
        switch (kind)
        {
            case TcpOptionKind.NoOperation or TcpOptionKind.EndOfList:
                break;
            case TcpOptionKind.MaximumSegmentSize:
                Mss = data.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(data) : _mss;
                break;
            case TcpOptionKind.WindowScale:
                WindowScale = data.Length == 1 ? (sbyte)Math.Min(data[0], (byte)sbyte.MaxValue) : WindowScale;
                break;
            case TcpOptionKind.SackPermitted:
                SackPermitted |= data.IsEmpty;
                break;
            case TcpOptionKind.Timestamps when data.Length == 8:
                HasTimestamps = true;
                TsVal = BinaryPrimitives.ReadUInt32BigEndian(data);
                TsEcr = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
                break;
            case TcpOptionKind.Sack:
                TakeSack(data);
                break;
            case TcpOptionKind.UserTimeout when data.Length == 2:
                UserTimeout = BinaryPrimitives.ReadUInt16BigEndian(data);
                break;
            case TcpOptionKind.Timestamps or TcpOptionKind.UserTimeout:
                break;
            case TcpOptionKind.FastOpen:
                TakeFastOpen(data, experimental: false);
                break;
            case TcpOptionKind.Experimental
                when data.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(data) == FastOpenExperimentId:
                TakeFastOpen(data[2..], experimental: true);
                break;
            case TcpOptionKind.AccurateEcnOrder0 or TcpOptionKind.AccurateEcnOrder1:
                TakeAccurateEcn(data, kind is TcpOptionKind.AccurateEcnOrder1);
                break;
            default:
                UnknownCount++;
                break;
        }
    }

    // Fields at the end may be missing (RFC 9768 §3.2.3); what is no whole field is not read.
    private void TakeAccurateEcn(ReadOnlySpan<byte> data, bool beginsWithEct1)
    {
        HasAccurateEcn = true;
        AccurateEcnBeginsWithEct1 = beginsWithEct1;
        AccurateEcnFields = Math.Min(data.Length / 3, MaxAccurateEcnFields);
        for (int i = 0; i < AccurateEcnFields; i++)
        {
            SetAccurateEcn(i, (uint)data[i * 3] << 16 | BinaryPrimitives.ReadUInt16BigEndian(data[((i * 3) + 1)..]));
        }
    }

    /// <summary>As Linux's tcp_do_parse_auth_options: one of the two, once, and of a right length.</summary>
    private void TakeSignature(TcpOptionKind kind, ReadOnlySpan<byte> data, int offset, int left)
    {
        if (left < LeastSignature)
        {
            return;
        }

        bool isMd5 = kind is TcpOptionKind.Md5Signature;
        if (HasMd5 || HasAuthentication || (isMd5 ? data.Length != 16 : data.Length < 3))
        {
            SignatureIsMalformed = true;
        }
        else if (isMd5)
        {
            HasMd5 = true;
            Md5Offset = (byte)(offset + 2);
        }
        else
        {
            HasAuthentication = true;
            KeyId = data[0];
            RNextKeyId = data[1];
            MacLength = (byte)(data.Length - 2);
            MacOffset = (byte)(offset + 4);
        }
    }

    private void TakeSack(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data.Length % 8 != 0)
        {
            return;
        }

        SackCount = 0;
        for (; data.Length >= 8; data = data[8..])
        {
            AddSack(new SackBlock(
                new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(data)),
                new SequenceNumber(BinaryPrimitives.ReadUInt32BigEndian(data[4..]))));
        }
    }

    // RFC 7413 §4.1.1: a cookie has 4 to 16 bytes, an even number; an empty one is a request.
    private void TakeFastOpen(ReadOnlySpan<byte> cookie, bool experimental)
    {
        if (cookie.Length <= MaxFastOpenCookie && cookie.Length % 2 == 0 && cookie.Length != 2)
        {
            SetFastOpenCookie(cookie);
            FastOpenIsExperimental = experimental;
        }
    }

    private readonly bool Has(Present option) => (_present & option) != 0;

    private void Set(Present option, bool value) => _present = value ? _present | option : _present & ~option;

    [InlineArray(MaxAccurateEcnFields)]
    [SuppressMessage("Style", "IDE0044", Justification = "An inline array's element field is never read by name.")]
    private struct EcnFields
    {
        private uint _first;
    }

    [InlineArray(MaxSackBlocks)]
    [SuppressMessage("Style", "IDE0044", Justification = "An inline array's element field is never read by name.")]
    private struct SackBlocks
    {
        private SackBlock _first;
    }
}
