namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>An open regular file, with its own position.</summary>
internal sealed class RegularFile(VirtualFile content) : OpenFile
{
    public VirtualFile Content => content;

    /// <summary>Where the next read or write begins, in bytes.</summary>
    public long Position { get; set; }

    public override bool HasWaitQueue => false;

    public override uint Poll() => PollMask.In | PollMask.Out | PollMask.ReadNormal | PollMask.WriteNormal;

    protected override void Release(Instant now)
    {
    }
}
