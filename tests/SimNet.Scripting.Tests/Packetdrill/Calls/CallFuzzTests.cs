using SimNet.Scripting.Packetdrill;
using SimNet.Scripting.Packetdrill.Calls;
using SimNet.Scripting.Packetdrill.Syntax;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

/// <summary>Whatever a script writes, the outcome is one of four; no call throws.</summary>
public sealed class CallFuzzTests
{
    private static readonly string[] Names =
    [
        "socket", "bind", "listen", "accept", "accept4", "connect", "close", "shutdown", "read", "readv", "recv", "recvfrom", "recvmsg", "write",
        "writev", "send", "sendto", "sendmsg", "getsockopt", "setsockopt", "fcntl", "ioctl", "poll", "epoll_create", "epoll_create1", "epoll_ctl",
        "epoll_wait", "open", "pipe", "sendfile", "splice", "cap_set",
    ];

    private static readonly string[] Atoms =
    [
        "...", "0", "1", "2", "3", "4", "5", "6", "-1", "100", "2147483647", "-2147483648", "4294967295", "9223372036854775807", "NULL", "\"\"",
        "\"/tmp/f\"", "\"reno\"", "[1]", "[4]", "[0]", "[]", "[1, 2]", "[5, 6]", "[...]", "SOCK_STREAM", "SOCK_DGRAM", "IPPROTO_TCP", "SOL_SOCKET",
        "SOL_TCP", "SOL_IP", "SO_LINGER", "TCP_NODELAY", "TCP_CONGESTION", "SIOCINQ", "SIOCOUTQ", "F_GETFL", "F_SETFL", "O_RDWR|O_NONBLOCK|O_CREAT",
        "MSG_DONTWAIT", "MSG_PEEK|MSG_WAITALL", "MSG_ERRQUEUE", "SHUT_WR", "EPOLL_CTL_ADD", "EPOLL_CTL_MOD", "EPOLL_CTL_DEL",
        "[{..., 100}]", "[{..., 0}, {..., 7}]", "{onoff=1, linger=5}", "{events=EPOLLIN|EPOLLOUT, fd=4}", "{events=EPOLLET, u64=9}",
        "[{fd=3, events=POLLIN|POLLOUT, revents=POLLOUT}]", "[{fd=77, events=1}]", "{msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0}",
        "{msg_name(...)=..., msg_iov(2)=[{..., 100}], msg_flags=0, msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=2}]}",
    ];

    [Fact]
    public void No_call_throws()
    {
        System.Random random = new(4_711);
        int finished = 0;
        int calls = 0;
        for (int round = 0; round < 400; round++)
        {
            CallBench bench = new((PacketdrillIpVersion)(round % 3));
            bench.Run("socket(..., SOCK_STREAM, 0) = 3; socket(..., SOCK_DGRAM, 0) = 4; epoll_create(1) = 5; pipe([6, 7]) = 0");
            bench.Run("bind(3, ..., ...) = 0; fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0; open(\"/tmp/f\", O_RDWR|O_CREAT) = 8");
            for (int i = 0; i < 25 && bench.Process.BlockedCall is null; i++, calls++)
            {
                string text = Call(random);
                PacketdrillScript script = PacketdrillParser.Parse($"0 {text}\n", "fuzz", new Dictionary<string, string>());
                try
                {
                    CallOutcome outcome = bench.Process.Start((SystemCallEvent)script.Events[0], bench.Machine.Now);
                    finished += outcome is CallOutcome.Finished ? 1 : 0;
                }
                catch (Exception exception)
                {
                    Assert.Fail($"{text}: {exception}");
                }
            }

            if (!bench.Process.Deadline.IsNever)
            {
                bench.RunToDeadline();
                Assert.Null(bench.Process.BlockedCall);
            }
        }

        Assert.True(calls > 5_000 && finished > 100, $"{finished} of {calls}");
    }

    private static string Call(System.Random random)
    {
        string name = Names[random.Next(Names.Length)];
        int count = random.Next(8) == 0 ? random.Next(8) : UsualCount(name);
        string[] arguments = new string[count];
        for (int i = 0; i < count; i++)
        {
            // The first is a descriptor most of the time, or else nothing beyond it is reached.
            arguments[i] = i == 0 && random.Next(4) != 0 ? random.Next(3, 9).ToString() : Atoms[random.Next(Atoms.Length)];
        }

        return $"{name}({string.Join(", ", arguments)}) = {(random.Next(3) == 0 ? "-1 EINVAL" : random.Next(2) == 0 ? "..." : "0")}";
    }

    private static int UsualCount(string name) => name switch
    {
        "close" or "epoll_create" or "epoll_create1" or "pipe" => 1,
        "listen" or "shutdown" or "open" => 2,
        "recv" or "send" or "sendfile" or "epoll_ctl" or "epoll_wait" or "accept4" => 4,
        "getsockopt" or "setsockopt" => 5,
        "recvfrom" or "sendto" or "splice" => 6,
        _ => 3,
    };
}
