using SimNet.Scripting.Model;
using SimStack.Sockets;
using SimStack.Tcp;

namespace SimNet.Scripting.Running;

/// <summary>Carries out one program's statements in virtual time, as calls that wait.</summary>
internal sealed partial class ProgramRunner(TaskDefinition task, HostPrograms shared, RunRecorder recorder, SignalBoard signals)
{
    private const int KeptData = 1 << 20;

    private readonly SocketCalls _calls = new(task, shared, recorder);

    private Instant Now => shared.Host.Now;

    public Task RunAsync() => RunAsync(task.Statements);

    private async Task RunAsync(IReadOnlyList<Statement> statements)
    {
        foreach (Statement statement in statements)
        {
            await RunAsync(statement);
        }
    }

    private Task RunAsync(Statement statement)
    {
        switch (statement)
        {
            case SleepStatement sleep:
                return WaitUntilAsync(Now + sleep.Length);
            case AtStatement at:
                return AtAsync(at);
            case SysctlStatement sysctl:
                Set(sysctl);
                return Task.CompletedTask;
            case SignalStatement signal:
                signals.Signal(signal.Name);
                return Task.CompletedTask;
            case WaitForStatement wait:
                return signals.WaitAsync(wait.Name);
            case RepeatStatement repeat:
                return RepeatAsync(repeat);
            default:
                return CallAsync(statement);
        }
    }

    private void Set(SysctlStatement statement)
    {
        foreach (SysctlSetting setting in statement.Settings)
        {
            if (!shared.Host.Stack.Sysctls.TrySet(setting.Name, setting.Value, out string? error))
            {
                throw new InvalidOperationException($"{setting.Position}: {error}");
            }
        }
    }

    private async Task RepeatAsync(RepeatStatement repeat)
    {
        for (int i = 0; i < repeat.Times; i++)
        {
            await RunAsync(repeat.Body);
        }
    }

    private Task AtAsync(AtStatement at)
    {
        Instant time = Instant.Zero + at.Time;
        if (time < Now)
        {
            recorder.Missed.Add((at, Now));
            return Task.CompletedTask;
        }

        return WaitUntilAsync(time);
    }

    private Task WaitUntilAsync(Instant time) => _calls.WaitUntilAsync(time);

    private async Task CallAsync(Statement statement)
    {
        CallRecord record = _calls.Begin(statement);
        SocketResult64 result = await CallAsync(statement, record);
        _calls.End(record, result, statement.Socket is { } name ? shared.Sockets.GetValueOrDefault(Named(statement, name)) : null);
    }

    // An accept is about the connection that it gives.
    private static string Named(Statement statement, string name) => statement is AcceptStatement accept ? accept.Name : name;

    private async Task<SocketResult64> CallAsync(Statement statement, CallRecord record)
    {
        switch (statement)
        {
            case SocketStatement open:
                _calls.Open(open.Name, open.Family ?? AddressFamily.AF_INET, open.IsDatagram);
                return SocketResult64.Ok(0);
            case AcceptStatement accept:
                return await AcceptAsync(accept);
            case ConnectStatement connect:
                return await ConnectAsync(connect);
            case WriteStatement write:
                return await WriteAsync(write);
            case ReadStatement read:
                return await ReadAsync(read, record);
            case SendToStatement send:
                return await SendToAsync(send);
            case ReceiveFromStatement receive:
                return await ReceiveFromAsync(receive, record);
            case ApplicationStatement application:
                return await ApplicationAsync(application, record);
            default:
                SocketResult64 result = Immediate(statement);
                shared.Host.Pump();
                return result;
        }
    }

    private SocketResult64 Immediate(Statement statement)
    {
        bool isV6 = statement is BindStatement { Endpoint.Address: { IsV6: true } } or KeyStatement { Peer.Address: { IsV6: true } };
        AddressFamily family = isV6 ? AddressFamily.AF_INET6 : AddressFamily.AF_INET;
        bool opens = statement is BindStatement or SetOptionStatement or InitialSequenceStatement or KeyStatement or AoInfoStatement;
        if ((opens ? Usable(statement.Socket!, family) : Existing(statement.Socket!)) is not { } socket)
        {
            return SocketResult64.Fail(Errno.EBADF);
        }

        switch (statement)
        {
            case BindStatement bind:
                return SocketResult64.Of(socket.Socket.Bind(bind.Endpoint));
            case ListenStatement listen:
                return SocketResult64.Of(socket.Tcp?.Listen(Now, listen.Backlog) ?? Errno.EOPNOTSUPP);
            case InitialSequenceStatement isn:
                socket.Tcp?.SetInitialSequenceNumber(isn.Value);
                return SocketResult64.Of(socket.Tcp is null ? Errno.EOPNOTSUPP : Errno.OK);
            case GetOptionStatement get:
                SocketResult value = socket.Socket.GetOption(get.Option);
                return new SocketResult64(value.Value, value.Error);
            case SetOptionStatement set:
                return SetOptions(socket, set);
            case KeyStatement or AoInfoStatement:
                return SocketResult64.Of(socket.Tcp is { } tcp ? SetKey(tcp, statement) : Errno.EOPNOTSUPP);
            case ShutdownStatement shutdown:
                return SocketResult64.Of(socket.Socket.Shutdown(Now, shutdown.How));
            default:
                _calls.Close(socket, abort: statement is AbortStatement);
                return SocketResult64.Ok(0);
        }
    }

    private SocketResult64 SetOptions(ScriptSocket socket, SetOptionStatement statement)
    {
        foreach (KeyValuePair<SocketOption, int> option in statement.Options)
        {
            Errno error = socket.Socket.SetOption(Now, option.Key, option.Value);
            if (error != Errno.OK)
            {
                return SocketResult64.Fail(error);
            }
        }

        return statement.CongestionControl is { } name
            ? SocketResult64.Of(socket.Tcp?.SetCongestionControl(Now, name) ?? Errno.EOPNOTSUPP)
            : SocketResult64.Ok(0);
    }

    private static Errno SetKey(TcpSocket socket, Statement statement) => statement switch
    {
        Md5KeyStatement md5 => socket.SetMd5Key(md5.Peer.Address, md5.Peer.Length, md5.Key.Span),
        AoKeyStatement { Removes: true, Key: { } key } => socket.RemoveAoKey(new TcpAoKeyRemoval
        {
            Address = key.Address,
            PrefixLength = key.PrefixLength,
            SendId = key.SendId,
            ReceiveId = key.ReceiveId,
            IsAsynchronous = socket.State is TcpState.Listen,
        }),
        AoKeyStatement ao => socket.AddAoKey(ao.Key),
        AoInfoStatement info => socket.SetAoInfo(info.Info),
        _ => throw new InvalidOperationException($"{statement.Word} sets no key."),
    };

    private ScriptSocket? Existing(string name) => _calls.Existing(name);

    private ScriptSocket Usable(string name, AddressFamily family) => _calls.Usable(name, family);
}
