using SimNet.Scripting.Packetdrill.Syntax;
using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>open, pipe, sendfile, splice.</summary>
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

    private PendingCall SendFile(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(4);
        OpenFile to = File(arguments.Int(0));
        OpenFile from = File(arguments.Int(1));
        long offset = arguments.Bracketed(2);
        int length = arguments.Length(3);
        if (to is not SocketFile { Tcp: { } tcp } socket)
        {
            throw CallException.Unsupported("sendfile to anything but a TCP socket");
        }

        if (from is not RegularFile { MayRead: true } file || offset < 0)
        {
            int errno = from is RegularFile { MayRead: false } ? LinuxErrno.EBADF : LinuxErrno.EINVAL;
            return PendingCall.Immediate(_ => CallResult.Fail(errno));
        }

        FileSender sender = new(socket, tcp, file.Content, offset, length);
        return new PendingCall
        {
            Deadline = After(now, socket.SendTimeout),
            Expire = _ => sender.Expire(),
            Attempt = time => sender.Attempt(this, time),
        };
    }

    private PendingCall Splice(CallArguments arguments, Instant now)
    {
        const int NonBlocking = 0x2;
        const int More = 0x4;
        arguments.RequireCount(6);
        OpenFile from = File(arguments.Int(0));
        OpenFile to = File(arguments.Int(2));
        int length = arguments.Length(4);
        int flags = arguments.Int(5);
        if (arguments.Long(1) != 0 || arguments.Long(3) != 0)
        {
            // The number goes to the kernel as an address, at which nothing is; a pipe may not have one at all.
            bool ofPipe = (from is PipeEnd && arguments.Long(1) != 0) || (to is PipeEnd && arguments.Long(3) != 0);
            return PendingCall.Immediate(_ => CallResult.Fail(ofPipe ? LinuxErrno.ESPIPE : LinuxErrno.EFAULT));
        }

        bool waits = (flags & NonBlocking) == 0;
        return (from, to) switch
        {
            (SocketFile { Tcp: { } tcp } socket, PipeEnd { MayWrite: true } pipe) => new PendingCall
            {
                Deadline = After(now, socket.ReceiveTimeout),
                Expire = _ => CallResult.Fail(Errno.EAGAIN),
                Attempt = time => SpliceIn(tcp, pipe, length, waits && !socket.IsNonBlocking, waits && !pipe.IsNonBlocking, time),
            },
            (PipeEnd { MayRead: true } pipe, SocketFile { Tcp: { } tcp } socket) => new PendingCall
            {
                Deadline = After(now, socket.SendTimeout),
                Expire = _ => CallResult.Fail(Errno.EAGAIN),
                Attempt = time => SpliceOut(pipe, tcp, length, (flags & More) != 0, waits && !pipe.IsNonBlocking, !socket.IsNonBlocking, time),
            },
            (PipeEnd, PipeEnd) or (RegularFile, PipeEnd) or (PipeEnd, RegularFile) =>
                throw CallException.Unsupported("splice without a TCP socket"),
            _ => PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.EINVAL)),
        };
    }

    private CallResult? SpliceIn(TcpSocket tcp, PipeEnd pipe, int length, bool socketWaits, bool pipeWaits, Instant now)
    {
        if (pipe.Other is null)
        {
            return CallResult.Fail(LinuxErrno.EPIPE);
        }

        if (pipe.Buffer.Space == 0 && length > 0)
        {
            return pipeWaits ? null : CallResult.Fail(Errno.EAGAIN);
        }

        Span<byte> bytes = Buffer(Math.Min(length, pipe.Buffer.Space), zeros: false);
        SocketResult result = tcp.Receive(now, bytes);
        if (!result.Succeeded)
        {
            return result.Error is Errno.EAGAIN && socketWaits ? null : CallResult.Fail(result.Error);
        }

        pipe.Write(bytes[..result.Value]);
        return CallResult.Ok(result.Value);
    }

    private CallResult? SpliceOut(PipeEnd pipe, TcpSocket tcp, int length, bool more, bool pipeWaits, bool socketWaits, Instant now)
    {
        if (pipe.Buffer.Count == 0)
        {
            return pipe.Other is null || length == 0 ? CallResult.Ok()
                : pipeWaits ? null
                : CallResult.Fail(Errno.EAGAIN);
        }

        Span<byte> bytes = Buffer(Math.Min(length, pipe.Buffer.Count), zeros: false);
        pipe.Buffer.Peek(bytes);
        SocketResult result = tcp.Send(now, bytes, more ? MessageFlags.MSG_MORE : MessageFlags.None);
        if (!result.Succeeded)
        {
            return result.Error is Errno.EAGAIN && socketWaits ? null : CallResult.Fail(result.Error);
        }

        pipe.Read(bytes[..result.Value]);
        return CallResult.Ok(result.Value);
    }

    /// <summary>sendfile(2) over as many attempts as it needs: pipefuls of 64 KiB, as Linux moves them.</summary>
    private sealed class FileSender(SocketFile socket, TcpSocket tcp, VirtualFile file, long offset, int length)
    {
        private long _sent;
        private bool _sleeps;

        public CallResult Expire() => _sent > 0 ? CallResult.Ok(_sent) : CallResult.Fail(Errno.EAGAIN);

        public CallResult? Attempt(ScriptProcess process, Instant now)
        {
            if (_sleeps && !socket.SpaceWoken)
            {
                return null;
            }

            socket.SpaceWoken = false;
            bool corked = false;
            while (_sent < length)
            {
                Span<byte> bytes = process.Buffer(Math.Min(length - _sent, PipeBuffer.Capacity), zeros: false);
                int read = file.Read(offset + _sent, bytes);
                if (read == 0)
                {
                    break;
                }

                // As long as less was moved than asked for there may be more to come.
                corked = _sent + read < length;
                SocketResult result = tcp.Send(now, bytes[..read], corked ? MessageFlags.MSG_MORE : MessageFlags.None);
                if (!result.Succeeded)
                {
                    _sleeps = result.Error is Errno.EAGAIN && !socket.IsNonBlocking;
                    return _sleeps ? null : _sent > 0 ? CallResult.Ok(_sent) : CallResult.Fail(result.Error);
                }

                _sent += result.Value;
            }

            if (corked)
            {
                // The file ended early: what waits for more is sent (Linux: tcp_splice_eof).
                tcp.Send(now, default);
            }

            return CallResult.Ok(_sent);
        }
    }
}
