using SimNet.Hosts;
using SimNet.Scripting.Model;
using SimNet.Time;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Running;

/// <summary>The socket calls of a program and of the applications that it starts: they wait in virtual time and are recorded.</summary>
internal sealed class SocketCalls(TaskDefinition task, HostPrograms shared, RunRecorder recorder)
{
    public HostPrograms Shared => shared;

    public SimHost Host => shared.Host;

    public Instant Now => shared.Host.Now;

    /// <summary>Records that a call is made.</summary>
    public CallRecord Begin(Statement statement)
    {
        var record = new CallRecord
        {
            Host = task.Host,
            Task = task.Name,
            Call = statement.Describe(),
            Statement = statement,
            Start = Now,
            PacketsBefore = recorder.Packets.Count,
        };
        recorder.Add(record);
        return record;
    }

    /// <summary>Records that it returned.</summary>
    public void End(CallRecord record, SocketResult64 result, ScriptSocket? socket)
    {
        record.End = Now;
        record.PacketsBeforeEnd = recorder.Packets.Count;
        record.Value = result.Value;
        record.Error = result.Error;
        record.ConnectionId = socket?.Tcp?.ConnectionId ?? 0;
        recorder.Ended?.Invoke(record);
    }

    /// <summary>Writes a line of an application's own account.</summary>
    public void Log(string application, string text) => recorder.Add(new ApplicationRecord(task.Host, task.Name, application, Now, text));

    /// <summary>Starts something that goes on beside the program.</summary>
    public void Start(string name, Func<Task> body) => shared.Host.Simulation.Start($"{task.Host}/{task.Name}/{name}", body);

    public ScriptSocket Open(string name, AddressFamily family, bool datagram = false) =>
        shared.Sockets[name] = new ScriptSocket(datagram ? shared.Host.Stack.OpenUdpSocket(family) : shared.Host.Stack.OpenTcpSocket(family));

    public ScriptSocket? Existing(string name) => shared.Sockets.TryGetValue(name, out ScriptSocket? socket) && !socket.IsClosed ? socket : null;

    public ScriptSocket Usable(string name, AddressFamily family, bool datagram = false) => Existing(name) ?? Open(name, family, datagram);

    public Task WaitUntilAsync(Instant time)
    {
        var source = new TaskCompletionSource();
        shared.Host.Simulation.Loop.Post(time, source.SetResult);
        return source.Task;
    }

    /// <summary>A read or write begins, which has the socket as long as such calls last on this host; it waits for another that has it.</summary>
    /// <returns>Holds nothing where calls take no time.</returns>
    public async ValueTask<SocketHold> HoldAsync(ScriptSocket socket)
    {
        while (socket.HeldUntil > Now)
        {
            await WaitUntilAsync(socket.HeldUntil);
        }

        Instant end = shared.CallEndsAt(Now);
        if (end <= Now || socket.Tcp is not { } tcp)
        {
            return default;
        }

        SocketHold hold = tcp.Hold();
        socket.HeldUntil = hold.IsHeld ? end : Now;
        return hold;
    }

    /// <summary>The time that the call takes, if it had something to do; then it looks what came meanwhile. To read that takes time again.</summary>
    /// <returns>Whether there is more to read.</returns>
    public async ValueTask<bool> LastsAsync(ScriptSocket socket, SocketHold hold, SocketResult result)
    {
        if (!hold.IsHeld || !result.Succeeded || result.Value == 0)
        {
            return false;
        }

        socket.HeldUntil = shared.CallEndsAt(Now);
        if (socket.HeldUntil > Now)
        {
            await WaitUntilAsync(socket.HeldUntil);
            hold.Look(Now);
        }

        return !socket.IsClosed && socket.Tcp!.Unread > 0;
    }

    /// <summary>The call ends.</summary>
    public void Release(ScriptSocket socket, SocketHold hold)
    {
        if (hold.IsHeld)
        {
            socket.HeldUntil = Now;
            hold.Release(Now);
            shared.Host.Pump();
        }
    }

    /// <summary>What the call sent leaves, and it ends when its time is over.</summary>
    public async ValueTask EndAsync(ScriptSocket socket, SocketHold hold, SocketResult result)
    {
        shared.Host.Pump();
        await LastsAsync(socket, hold, result);
        Release(socket, hold);
    }

    private int Note(SocketResult result, ReadOnlySpan<byte> buffer)
    {
        if (!result.Succeeded)
        {
            return 0;
        }

        shared.Read(buffer[..result.Value]);
        return result.Value;
    }

    /// <summary>connect(2).</summary>
    public async Task<SocketResult64> ConnectAsync(ScriptSocket socket, IpEndpoint remote, bool nonblocking)
    {
        Errno error = socket.Socket.Connect(Now, remote);
        shared.Host.Pump();
        if (error != Errno.EINPROGRESS || nonblocking)
        {
            return SocketResult64.Of(error);
        }

        return await AwaitConnectionAsync(socket);
    }

    /// <summary>Waits until an attempt to connect is decided.</summary>
    public async Task<SocketResult64> AwaitConnectionAsync(ScriptSocket socket)
    {
        while ((socket.Socket.Poll() & (PollEvents.POLLOUT | PollEvents.POLLERR | PollEvents.POLLHUP)) == PollEvents.None)
        {
            await socket.WaitAsync();
            if (socket.IsClosed)
            {
                return SocketResult64.Fail(Errno.EBADF);
            }
        }

        return SocketResult64.Of(socket.Tcp!.TakeConnectResult());
    }

    /// <summary>socket(2), unless there is one of that name, bind(2) and listen(2); a socket that cannot listen is closed.</summary>
    public (ScriptSocket? Listener, Errno Error) Listen(string name, IpEndpoint local, int backlog)
    {
        ScriptSocket socket = Usable(name, local.Address.IsV6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET);
        Errno error = socket.Socket.Bind(local);
        error = error == Errno.OK ? socket.Tcp?.Listen(Now, backlog) ?? Errno.EOPNOTSUPP : error;
        if (error == Errno.OK)
        {
            return (socket, error);
        }

        Close(socket);
        return (null, error);
    }

    /// <summary>A server: every connection is treated beside the others, until the listening socket is closed.</summary>
    public void Serve(ScriptSocket listener, string name, Func<ScriptSocket, Task> treat) => Start(name, async () =>
    {
        while (true)
        {
            CallRecord record = Begin(new AcceptStatement(name));
            if (await AcceptAsync(listener) is not { } connection)
            {
                End(record, SocketResult64.Fail(Errno.EBADF), listener);
                return;
            }

            End(record, SocketResult64.Ok(0), connection);
            Start(name, () => treat(connection));
        }
    });

    /// <summary>accept(2): the next connection; null when the listening socket is closed or does not listen.</summary>
    public async Task<ScriptSocket?> AcceptAsync(ScriptSocket listener)
    {
        while (!listener.IsClosed)
        {
            Errno error = listener.Tcp!.Accept(Now, out TcpSocket? accepted);
            shared.Host.Pump();
            if (accepted is not null && error == Errno.OK)
            {
                return new ScriptSocket(accepted);
            }

            if (error is not (Errno.EAGAIN or Errno.ECONNABORTED))
            {
                return null;
            }

            await listener.WaitAsync();
        }

        return null;
    }

    /// <summary>One read(2) that waits; 0 is the end of the stream, ETIMEDOUT also that the time is up.</summary>
    public async Task<SocketResult64> ReadAsync(ScriptSocket socket, Memory<byte> buffer, Instant deadline)
    {
        EventLoop loop = shared.Host.Simulation.Loop;
        EventHandle alarm = default;
        while (true)
        {
            if (socket.IsClosed)
            {
                loop.Cancel(alarm);
                return SocketResult64.Fail(Errno.EBADF);
            }

            SocketHold hold = await HoldAsync(socket);
            SocketResult result = socket.Tcp?.IsBelowLowWater(buffer.Length) == true ? SocketResult.Fail(Errno.EAGAIN) : socket.Receive(Now, buffer.Span);
            int read = Note(result, buffer.Span);
            shared.Host.Pump();
            for (SocketResult more = result; await LastsAsync(socket, hold, more); read += Note(more, buffer.Span[read..]))
            {
                more = socket.Receive(Now, buffer.Span[read..]);
            }

            Release(socket, hold);
            if (result.Error != Errno.EAGAIN)
            {
                loop.Cancel(alarm);
                return new SocketResult64(result.Succeeded ? read : -1, result.Error);
            }

            if (Now >= deadline)
            {
                return SocketResult64.Fail(Errno.ETIMEDOUT);
            }

            if (alarm == default && !deadline.IsNever)
            {
                alarm = loop.Post(deadline, socket.WakeAll);
            }

            await socket.WaitAsync();
        }
    }

    /// <summary>One recvfrom(2) that waits; EAGAIN also that the time is up, as with SO_RCVTIMEO.</summary>
    public async Task<(SocketResult Result, DatagramInfo Info)> ReceiveFromAsync(ScriptSocket socket, Memory<byte> buffer, MessageFlags flags, Instant deadline)
    {
        EventLoop loop = shared.Host.Simulation.Loop;
        EventHandle alarm = default;
        while (!socket.IsClosed)
        {
            SocketResult result = socket.Datagram!.ReceiveFrom(Now, buffer.Span, out DatagramInfo info, flags);
            if (result.Succeeded && (flags & MessageFlags.MSG_PEEK) == MessageFlags.None)
            {
                shared.Read(buffer.Span[..Math.Min(result.Value, buffer.Length)]);
            }

            shared.Host.Pump();
            if (result.Error != Errno.EAGAIN || Now >= deadline)
            {
                loop.Cancel(alarm);
                return (result, info);
            }

            if (alarm == default && !deadline.IsNever)
            {
                alarm = loop.Post(deadline, socket.WakeAll);
            }

            await socket.WaitAsync();
        }

        loop.Cancel(alarm);
        return (SocketResult.Fail(Errno.EBADF), default);
    }

    /// <summary>Writes all of it; an error after some bytes is an error.</summary>
    public async Task<SocketResult64> WriteAsync(ScriptSocket socket, ReadOnlyMemory<byte> data)
    {
        int sent = 0;
        while (!socket.IsClosed)
        {
            SocketHold hold = await HoldAsync(socket);
            SocketResult result = socket.Send(Now, data.Span[sent..]);
            if (result.Succeeded)
            {
                shared.Wrote(data.Span.Slice(sent, result.Value));
                sent += result.Value;
            }

            await EndAsync(socket, hold, result);
            if (result.Succeeded && sent >= data.Length)
            {
                return SocketResult64.Ok(sent);
            }

            if (!result.Succeeded && result.Error != Errno.EAGAIN)
            {
                return SocketResult64.Fail(result.Error);
            }

            if (!result.Succeeded)
            {
                await socket.WaitAsync();
            }
        }

        return SocketResult64.Fail(Errno.EBADF);
    }

    /// <summary>close(2), or the abort of RFC 9293 §3.10.5.</summary>
    public void Close(ScriptSocket socket, bool abort = false)
    {
        socket.IsClosed = true;
        if (abort && socket.Tcp is { } tcp)
        {
            tcp.Abort(Now);
        }
        else
        {
            socket.Socket.Close(Now);
        }

        socket.WakeAll();
    }

    /// <summary>Closes and records it, as an application does.</summary>
    public void RecordClose(ScriptSocket socket, bool abort = false)
    {
        if (socket.IsClosed)
        {
            return;
        }

        CallRecord record = Begin(abort ? new AbortStatement() : new CloseStatement());
        Close(socket, abort);
        shared.Host.Pump();
        End(record, SocketResult64.Ok(0), socket);
    }
}
