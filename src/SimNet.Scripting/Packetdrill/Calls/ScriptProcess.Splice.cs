using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>sendfile and splice.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall SendFile(CallArguments arguments, Instant now)
    {
        arguments.RequireCount(4);
        OpenFile to = File(arguments.Int(0));
        OpenFile from = File(arguments.Int(1));
        long offset = arguments.Bracketed(2);
        int length = arguments.Length(3);
        if (WrongSource(from, offset) is not 0 and int errno)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(errno));
        }

        VirtualFile content = ((RegularFile)from).Content;
        switch (to)
        {
            case { MayWrite: false }:
                return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.EBADF));
            case SocketFile { Tcp: { } tcp } socket:
                FileSender sender = new(socket, tcp, content, offset, length);
                return new PendingCall
                {
                    Deadline = After(now, socket.SendTimeout),
                    Expire = _ => sender.Expire(),
                    Attempt = time => sender.Attempt(this, time),
                };
            case PipeEnd pipe:
                return new PendingCall { Attempt = _ => FileToPipe(content, ref offset, pipe, length, !pipe.IsNonBlocking) };
            case RegularFile file:
                return PendingCall.Immediate(_ => CopyFile(content, offset, file, length));
            case SocketFile:
                throw CallException.Unsupported("sendfile to a datagram socket");
            default:
                return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.EINVAL));
        }
    }

    /// <summary>What stands against a read at an offset, in Linux's order (do_sendfile); 0: nothing.</summary>
    private static int WrongSource(OpenFile from, long offset) =>
        !from.MayRead ? LinuxErrno.EBADF
        : from is not RegularFile ? LinuxErrno.ESPIPE
        : offset < 0 ? LinuxErrno.EINVAL
        : 0;

    private CallResult CopyFile(VirtualFile from, long offset, RegularFile to, int length)
    {
        Span<byte> bytes = Buffer(length, zeros: false);
        bytes = bytes[..from.Read(offset, bytes)];
        if (!to.Content.TryWrite(to.Position, bytes))
        {
            return CallResult.Fail(LinuxErrno.EFBIG);
        }

        to.Position += bytes.Length;
        return CallResult.Ok(bytes.Length);
    }

    private CallResult? FileToPipe(VirtualFile from, ref long offset, PipeEnd pipe, int length, bool waits)
    {
        if (pipe.Other is null)
        {
            return CallResult.Fail(LinuxErrno.EPIPE);
        }

        if (pipe.Buffer.Space == 0 && length > 0)
        {
            return waits ? null : CallResult.Fail(Errno.EAGAIN);
        }

        Span<byte> bytes = Buffer(Math.Min(length, pipe.Buffer.Space), zeros: false);
        int count = from.Read(offset, bytes);
        offset += pipe.Write(bytes[..count]);
        return CallResult.Ok(count);
    }

    private PendingCall Splice(CallArguments arguments, Instant now)
    {
        const int NonBlocking = 0x2;
        const int More = 0x4;
        const int Known = 0xF;
        arguments.RequireCount(6);
        OpenFile from = File(arguments.Int(0));
        OpenFile to = File(arguments.Int(2));
        int length = arguments.Length(4);
        int flags = arguments.Int(5);
        if (length == 0 || (flags & ~Known) != 0)
        {
            return PendingCall.Immediate(_ => length == 0 ? CallResult.Ok() : CallResult.Fail(LinuxErrno.EINVAL));
        }

        if (arguments.Long(1) != 0 || arguments.Long(3) != 0)
        {
            // The number goes to the kernel as an address, at which nothing is; a pipe may not have one at all.
            bool ofPipe = (from is PipeEnd && arguments.Long(1) != 0) || (to is PipeEnd && arguments.Long(3) != 0);
            return PendingCall.Immediate(_ => CallResult.Fail(ofPipe ? LinuxErrno.ESPIPE : LinuxErrno.EFAULT));
        }

        if (!from.MayRead || !to.MayWrite)
        {
            return PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.EBADF));
        }

        // SPLICE_F_NONBLOCK is about the pipe; whether a socket waits is its own O_NONBLOCK.
        bool waits = (flags & NonBlocking) == 0;
        return (from, to) switch
        {
            (SocketFile { Tcp: { } tcp } socket, PipeEnd pipe) => new PendingCall
            {
                Deadline = After(now, socket.ReceiveTimeout),
                Expire = _ => CallResult.Fail(Errno.EAGAIN),
                Attempt = time => SpliceIn(tcp, pipe, length, !socket.IsNonBlocking, waits && !pipe.IsNonBlocking, time),
            },
            (PipeEnd pipe, SocketFile { Tcp: { } tcp } socket) => new PendingCall
            {
                Deadline = After(now, socket.SendTimeout),
                Expire = _ => CallResult.Fail(Errno.EAGAIN),
                Attempt = time => SpliceOut(pipe, tcp, length, (flags & More) != 0, waits && !pipe.IsNonBlocking, !socket.IsNonBlocking, time),
            },
            (PipeEnd input, PipeEnd output) => new PendingCall
            {
                Attempt = _ => PipeToPipe(
                    input, output, length, waits && !input.IsNonBlocking, waits && !output.IsNonBlocking),
            },
            (RegularFile file, PipeEnd pipe) => new PendingCall { Attempt = _ => SpliceFile(file, pipe, length, waits && !pipe.IsNonBlocking) },
            (PipeEnd pipe, RegularFile file) => new PendingCall { Attempt = _ => PipeToFile(pipe, file, length, waits && !pipe.IsNonBlocking) },
            _ => PendingCall.Immediate(_ => CallResult.Fail(LinuxErrno.EINVAL)),
        };
    }

    private CallResult? SpliceFile(RegularFile file, PipeEnd pipe, int length, bool waits)
    {
        long offset = file.Position;
        CallResult? result = FileToPipe(file.Content, ref offset, pipe, length, waits);
        file.Position = offset;
        return result;
    }

    private CallResult? PipeToFile(PipeEnd pipe, RegularFile file, int length, bool waits)
    {
        const int Append = 0x400;
        if ((file.Flags & Append) != 0)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        if (pipe.Buffer.Count == 0)
        {
            return EmptyPipe(pipe, waits);
        }

        Span<byte> bytes = Buffer(Math.Min(length, pipe.Buffer.Count), zeros: false);
        pipe.Buffer.Peek(bytes);
        if (!file.Content.TryWrite(file.Position, bytes))
        {
            return CallResult.Fail(LinuxErrno.EFBIG);
        }

        file.Position += pipe.Read(bytes);
        return CallResult.Ok(bytes.Length);
    }

    private CallResult? PipeToPipe(PipeEnd input, PipeEnd output, int length, bool inputWaits, bool outputWaits)
    {
        if (input.Buffer == output.Buffer)
        {
            return CallResult.Fail(LinuxErrno.EINVAL);
        }

        if (input.Buffer.Count == 0)
        {
            return EmptyPipe(input, inputWaits);
        }

        if (output.Other is null)
        {
            return CallResult.Fail(LinuxErrno.EPIPE);
        }

        if (output.Buffer.Space == 0)
        {
            return outputWaits ? null : CallResult.Fail(Errno.EAGAIN);
        }

        Span<byte> bytes = Buffer(Math.Min(Math.Min(length, input.Buffer.Count), output.Buffer.Space), zeros: false);
        input.Read(bytes);
        output.Write(bytes);
        return CallResult.Ok(bytes.Length);
    }

    private static CallResult? EmptyPipe(PipeEnd pipe, bool waits) =>
        pipe.Other is null ? CallResult.Ok()
        : waits ? null
        : CallResult.Fail(Errno.EAGAIN);

    private CallResult? SpliceIn(TcpSocket tcp, PipeEnd pipe, int length, bool socketWaits, bool pipeWaits, Instant now)
    {
        if (pipe.Other is null)
        {
            return CallResult.Fail(LinuxErrno.EPIPE);
        }

        if (pipe.Buffer.Space == 0)
        {
            return pipeWaits ? null : CallResult.Fail(Errno.EAGAIN);
        }

        // Urgent data is not read past: who splices gets nothing at the mark, and does not wait for more (tcp_splice_read).
        int readable = tcp.ReadableCount;
        int left = readable > 0 && tcp.GetInputQueue() is { Succeeded: true, Value: var queue } ? queue : length;
        if (left == 0)
        {
            return socketWaits ? CallResult.Ok() : CallResult.Fail(Errno.EAGAIN);
        }

        Span<byte> bytes = Buffer(Math.Min(Math.Min(length, left), pipe.Buffer.Space), zeros: false);
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
            return EmptyPipe(pipe, pipeWaits);
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
