using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>fcntl, ioctl, cap_set.</summary>
internal sealed partial class ScriptProcess
{
    private PendingCall Control(CallArguments arguments)
    {
        const int GetDescriptorFlags = 1;
        const int SetDescriptorFlags = 2;
        const int GetFlags = 3;
        const int SetFlags = 4;
        // O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME: the rest stays as open(2) had it.
        const int Changeable = 0x400 | OpenFile.NonBlock | 0x4000 | 0x40000;
        if (arguments.Count is not (2 or 3))
        {
            throw CallException.Mistake($"{arguments.Count} arguments; fcntl takes 2 or 3");
        }

        OpenFile file = File(arguments.Int(0));
        int command = arguments.Int(1);
        int argument = arguments.Count == 3 ? arguments.Int(2) : 0;
        switch (command)
        {
            case GetDescriptorFlags:
                return PendingCall.Immediate(_ => CallResult.Ok(file.DescriptorFlags));
            case SetDescriptorFlags:
                return PendingCall.Immediate(_ =>
                {
                    file.DescriptorFlags = argument & 1;
                    return CallResult.Ok();
                });
            case GetFlags:
                return PendingCall.Immediate(_ => CallResult.Ok(file.Flags));
            case SetFlags:
                return PendingCall.Immediate(_ =>
                {
                    file.Flags = (file.Flags & ~Changeable) | (argument & Changeable);
                    return CallResult.Ok();
                });
            default:
                throw CallException.Unsupported(LinuxSymbols.Name("F_", command));
        }
    }

    private PendingCall DeviceControl(CallArguments arguments)
    {
        if (arguments.Count is not (2 or 3))
        {
            throw CallException.Mistake($"{arguments.Count} arguments; ioctl takes 2 or 3");
        }

        OpenFile file = File(arguments.Int(0));
        int command = arguments.Int(1);
        if (arguments.Count == 2)
        {
            throw CallException.Unsupported($"ioctl {LinuxSymbols.Name("SIOC", command)} without a value");
        }

        const int SetNonBlocking = 0x5421;
        int expected = (int)arguments.Bracketed(2);
        if (command == SetNonBlocking)
        {
            return PendingCall.Immediate(_ =>
            {
                file.Flags = expected != 0 ? file.Flags | OpenFile.NonBlock : file.Flags & ~OpenFile.NonBlock;
                return CallResult.Ok();
            });
        }

        int value = 0;
        return new PendingCall
        {
            Attempt = _ => Query(file, command, out value),
            Verify = result => !result.Succeeded || value == expected ? null : $"[{value}]",
        };
    }

    private static CallResult Query(OpenFile file, int command, out int value)
    {
        const int InQueueCommand = 0x541B;
        const int OutQueueCommand = 0x5411;
        const int OutQueueNotSentCommand = 0x894B;
        const int AtMarkCommand = 0x8905;
        value = 0;
        if (command == InQueueCommand && file is PipeEnd or RegularFile)
        {
            value = file is RegularFile regular ? (int)(regular.Content.Length - regular.Position) : ((PipeEnd)file).Buffer.Count;
            return CallResult.Ok();
        }

        if (file is not SocketFile socket)
        {
            return CallResult.Fail(LinuxErrno.ENOTTY);
        }

        if (socket.Datagram is { } datagram && command is InQueueCommand or OutQueueCommand)
        {
            // Linux: udp_ioctl tells the length of the datagram that is next, and of what was sent what the device holds.
            value = command == InQueueCommand ? datagram.NextLength : 0;
            return CallResult.Ok();
        }

        if (socket.Tcp is not { } tcp || command is not (InQueueCommand or OutQueueCommand or OutQueueNotSentCommand or AtMarkCommand))
        {
            throw CallException.Unsupported($"ioctl {LinuxSymbols.Name("SIOC", command)}");
        }

        SocketResult result = command switch
        {
            InQueueCommand => tcp.GetInputQueue(),
            OutQueueCommand => tcp.GetOutputQueue(),
            OutQueueNotSentCommand => tcp.GetUnsentQueue(),
            _ => SocketResult.Ok(tcp.IsAtMark ? 1 : 0),
        };
        value = result.Value;
        return CallResult.From(result).Succeeded ? CallResult.Ok() : CallResult.Fail(result.Error);
    }

    private PendingCall SetCapability(CallArguments arguments)
    {
        arguments.RequireCount(3);
        int set = arguments.Int(0);
        int capability = arguments.Int(1);
        int raised = arguments.Int(2);
        if (set is < 0 or > 2 || capability is < 0 or > 63 || raised is < 0 or > 1)
        {
            throw CallException.Mistake("numbers that are no CAP_EFFECTIVE, CAP_PERMITTED or CAP_INHERITABLE, CAP_…, CAP_SET or CAP_CLEAR");
        }

        return new PendingCall
        {
            ReturnsDescriptor = true,
            Attempt = _ => _capabilities.TryChange((CapabilitySet)set, capability, raised != 0)
                ? CallResult.Ok()
                : CallResult.Fail(LinuxErrno.EPERM),
        };
    }
}
