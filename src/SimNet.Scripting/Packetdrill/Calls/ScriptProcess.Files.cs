using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>open, pipe.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall Open(CallArguments arguments)
    {
        const int Create = 0x40;
        const int MustCreate = 0x80;
        const int Truncate = 0x200;
        // A 64-bit process opens large files: F_GETFL tells it.
        const int LargeFile = 0x8000;
        const int Kept = ~(Create | MustCreate | 0x100 | Truncate | SockCloseOnExec);
        arguments.RequireCount(2);
        if (arguments[0] is not StringExpression name)
        {
            throw CallException.Mistake($"{CallText.Of(arguments[0])} where a file name belongs");
        }

        string path = VirtualFiles.Normalize(name.Value);
        int flags = arguments.Int(1);
        if (path == "/dev/zero" && (flags & ~SockCloseOnExec) == 0)
        {
            // Zeros without end: reading takes no memory.
            VirtualFile zeros = new();
            zeros.SetLength(long.MaxValue);
            RegularFile device = new(zeros) { Flags = LargeFile, DescriptorFlags = (flags & SockCloseOnExec) != 0 ? 1 : 0 };
            return new PendingCall { ReturnsDescriptor = true, Attempt = _ => CallResult.Ok(), Accepted = descriptor => Register(descriptor, device) };
        }

        if (path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/sys/", StringComparison.Ordinal)
            || path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            throw CallException.Unsupported($"open of {path}");
        }

        RegularFile? opened = null;
        return new PendingCall
        {
            ReturnsDescriptor = true,
            Attempt = _ =>
            {
                VirtualFile? file = files.Find(path);
                if (file is null && (flags & Create) == 0)
                {
                    return CallResult.Fail(LinuxErrno.ENOENT);
                }

                if (file is not null && (flags & (Create | MustCreate)) == (Create | MustCreate))
                {
                    return CallResult.Fail(LinuxErrno.EEXIST);
                }

                file ??= files.Create(path);
                opened = new RegularFile(file) { Flags = (flags & Kept) | LargeFile, DescriptorFlags = (flags & SockCloseOnExec) != 0 ? 1 : 0 };
                if ((flags & Truncate) != 0 && opened.MayWrite)
                {
                    file.SetLength(0);
                }

                return CallResult.Ok();
            },
            Accepted = descriptor => Register(descriptor, opened!),
        };
    }

    private PendingCall Pipe(CallArguments arguments)
    {
        arguments.RequireCount(1);
        if (arguments[0] is not ListExpression { Items: [var first, var second] })
        {
            throw CallException.Mistake($"{CallText.Of(arguments[0])} where two descriptors in brackets belong");
        }

        int reader = CallArguments.Int(first);
        int writer = CallArguments.Int(second);
        return new PendingCall
        {
            Attempt = _ => CallResult.Ok(),
            Accepted = _ =>
            {
                (PipeEnd read, PipeEnd write) = PipeEnd.Create();
                Register(reader, read);
                Register(writer, write);
            },
        };
    }
}
