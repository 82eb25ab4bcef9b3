namespace SimNet.Capture;

/// <summary>
/// Reads pcap and pcapng files of any origin and byte order as a stream, in bounded memory whatever the file says.
/// </summary>
public abstract class CaptureReader : IDisposable
{
    private const int MostInterfaces = 65_536;
    private const int MostNames = 1_048_576;
    private const int MostFileComments = 4096;
    private readonly List<CaptureInterface> _interfaces = [];
    private readonly List<CaptureName> _names = [];
    private readonly List<string> _fileComments = [];

    private protected CaptureReader(CaptureInput input) => Input = input;

    /// <summary>Which of the formats the file has.</summary>
    public abstract CaptureFormat Format { get; }

    /// <summary>The interfaces met so far; for pcapng this grows while packets are read. Classic pcap has exactly one.</summary>
    public IReadOnlyList<CaptureInterface> Interfaces => _interfaces;

    /// <summary>The host names met so far, in the order of the file; an address may come more than once.</summary>
    public IReadOnlyList<CaptureName> Names => _names;

    /// <summary>The program that wrote the file (pcapng, first section that tells); else null.</summary>
    public string? Application { get; private protected set; }

    /// <summary>The comment on the whole file (pcapng, first section that has one); else null.</summary>
    public string? FileComment => _fileComments.Count > 0 ? _fileComments[0] : null;

    /// <summary>All comments on the whole file (pcapng, all sections), in the order of the file; no more than the first 4096.</summary>
    public IReadOnlyList<string> FileComments => _fileComments;

    /// <summary>Packets delivered so far.</summary>
    public long PacketCount { get; private set; }

    /// <summary>
    /// After <see cref="TryRead"/> has returned false: null when the file ended at a block's end, else one line that says which
    /// block is cut off. What came before has been delivered.
    /// </summary>
    public string? Truncation { get; private set; }

    /// <summary>
    /// When the capture ended, in nanoseconds since 1970, where the file tells (pcapng, <c>isb_endtime</c>; it stands behind the packets): the
    /// latest of its interfaces; else null.
    /// </summary>
    public long? EndUnixNanoseconds { get; private protected set; }

    private protected CaptureInput Input { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="CaptureFormatException">It is no capture file, or its header is damaged.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    public static CaptureReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return Open(new CaptureInput(stream, path, leaveOpen: false));
    }

    /// <summary>Reads from a stream's position; it need not be seekable.</summary>
    /// <exception cref="CaptureFormatException">It is no capture file, or its header is damaged.</exception>
    public static CaptureReader Open(Stream stream, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Open(new CaptureInput(stream, path: null, leaveOpen));
    }

    /// <summary>Reads the next packet; false at the end of the file, also when its last block is cut off.</summary>
    /// <exception cref="CaptureFormatException">The file is damaged here; every later call says so again.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public bool TryRead(out CapturedPacket packet)
    {
        if (Truncation is null && TryReadNext(out packet))
        {
            PacketCount++;
            return true;
        }

        packet = default;
        return false;
    }

    /// <summary>Closes the stream unless told to leave it open.</summary>
    public void Dispose()
    {
        Input.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract bool TryReadNext(out CapturedPacket packet);

    /// <summary>The file ends inside a block: noted, not thrown. Returns false, as there is no further packet.</summary>
    private protected bool CutOff(long blockOffset, long expected, string what)
    {
        long there = Input.Offset - blockOffset + Input.Available;
        Truncation = FormattableString.Invariant(
            $"the file ends inside the {what} at byte {blockOffset}: {there} of at least {expected} bytes are there");
        return false;
    }

    private protected void Add(CaptureInterface captureInterface, long offset)
    {
        if (_interfaces.Count == MostInterfaces)
        {
            throw Input.Wrong(offset, $"more than {MostInterfaces} interfaces in one file");
        }

        _interfaces.Add(captureInterface);
    }

    private protected void AddFileComment(string comment)
    {
        if (_fileComments.Count < MostFileComments)
        {
            _fileComments.Add(comment);
        }
    }

    private protected void Add(CaptureName name, long offset)
    {
        if (_names.Count == MostNames)
        {
            throw Input.Wrong(offset, $"more than {MostNames} host names in one file");
        }

        _names.Add(name);
    }

    private static CaptureReader Open(CaptureInput input)
    {
        try
        {
            if (!input.Ensure(4))
            {
                throw input.Wrong(0, $"the file ends after {input.Available} bytes; a capture begins with at least 24");
            }

            return PcapngReader.Recognises(input.Window(4).Span) ? new PcapngReader(input) : new PcapReader(input);
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }
}
