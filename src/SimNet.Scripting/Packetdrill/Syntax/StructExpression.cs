using SimStack.Ip;

namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>A structure in braces. A closed hierarchy: the records of this file.</summary>
internal abstract record StructExpression(SourcePosition Position) : Expression(Position)
{
    /// <summary>The structure's name in C, for messages: <c>struct msghdr</c>.</summary>
    public abstract string TypeName { get; }
}

/// <summary><c>{sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.168.0.1")}</c>.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="IsV6">True for <c>AF_INET6</c>.</param>
/// <param name="Port">In host byte order.</param>
/// <param name="Address">Of that version; an IPv4 address mapped into IPv6 is the same value as the IPv4 address.</param>
internal sealed record SocketAddressExpression(SourcePosition Position, bool IsV6, ushort Port, IpAddress Address) : StructExpression(Position)
{
    public override string TypeName => IsV6 ? "struct sockaddr_in6" : "struct sockaddr_in";
}

/// <summary><c>{msg_name(...)=..., msg_iov(1)=[{..., 1000}], msg_flags=0, msg_control=[…]}</c>.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="NameLength">In parentheses behind <c>msg_name</c>; an ellipsis.</param>
/// <param name="Name">An ellipsis.</param>
/// <param name="VectorLength">In parentheses behind <c>msg_iov</c>; need not be the number of items.</param>
/// <param name="Vector">Its items are <see cref="IoVectorExpression"/>s where the script is sensible; that is not checked.</param>
/// <param name="Flags"><c>msg_flags</c>: what the kernel shall set, for recvmsg.</param>
/// <param name="Control"><c>msg_control</c>; null where it is not written. Items are <see cref="ControlMessageExpression"/>s where the script is sensible.</param>
internal sealed record MessageHeaderExpression(
    SourcePosition Position,
    Expression NameLength,
    Expression Name,
    IntegerExpression VectorLength,
    ListExpression Vector,
    Expression Flags,
    ListExpression? Control) : StructExpression(Position)
{
    public override string TypeName => "struct msghdr";
}

/// <summary><c>{..., 1000}</c>.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="Base">An ellipsis.</param>
/// <param name="Length">Bytes.</param>
internal sealed record IoVectorExpression(SourcePosition Position, Expression Base, IntegerExpression Length) : StructExpression(Position)
{
    public override string TypeName => "struct iovec";
}

/// <summary><c>{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=100}</c>.</summary>
internal sealed record ControlMessageExpression(SourcePosition Position, Expression Level, Expression Type, Expression Data) : StructExpression(Position)
{
    public override string TypeName => "struct cmsghdr";
}

/// <summary><c>{ee_errno=0, ee_origin=SO_EE_ORIGIN_ZEROCOPY, ee_type=0, ee_code=0, ee_info=0, ee_data=0}</c>.</summary>
internal sealed record ExtendedErrorExpression(
    SourcePosition Position,
    Expression Errno,
    Expression Origin,
    Expression Type,
    Expression Code,
    Expression Info,
    Expression Data) : StructExpression(Position)
{
    public override string TypeName => "struct sock_extended_err";
}

/// <summary><c>{scm_sec=0,scm_nsec=10000000}</c>: the first of the three times of SCM_TIMESTAMPING.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="Seconds">Since the script's beginning.</param>
/// <param name="Nanoseconds">Added to them.</param>
internal sealed record TimestampingExpression(SourcePosition Position, long Seconds, long Nanoseconds) : StructExpression(Position)
{
    public override string TypeName => "struct scm_timestamping";
}

/// <summary><c>{fd=4, events=POLLOUT, revents=POLLOUT}</c>.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="Descriptor"><c>fd</c>.</param>
/// <param name="Events"><c>events</c>: what is asked for.</param>
/// <param name="Returned"><c>revents</c>: what shall be returned; null where it is not written, which is 0.</param>
internal sealed record PollDescriptorExpression(SourcePosition Position, Expression Descriptor, Expression Events, Expression? Returned)
    : StructExpression(Position)
{
    public override string TypeName => "struct pollfd";
}

/// <summary>Which member of an epoll event's data is written.</summary>
internal enum EpollDataMember
{
    /// <summary><c>fd</c></summary>
    Descriptor,

    /// <summary><c>ptr</c></summary>
    Pointer,

    /// <summary><c>u32</c></summary>
    U32,

    /// <summary><c>u64</c></summary>
    U64,
}

/// <summary><c>{events=EPOLLIN, fd=4}</c>.</summary>
internal sealed record EpollEventExpression(SourcePosition Position, Expression Events, EpollDataMember Member, Expression Data)
    : StructExpression(Position)
{
    public override string TypeName => "struct epoll_event";
}

/// <summary><c>{tcpm_key="secret"}</c>, <c>{tcpm_key="secret", tcpm_prefixlen=24}</c>: this project's own, for the remote address.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="Key">The key; empty to take it away.</param>
/// <param name="PrefixLength">Bits of the remote address that count; null for all.</param>
internal sealed record SignatureKeyExpression(SourcePosition Position, StringExpression Key, long? PrefixLength) : StructExpression(Position)
{
    public override string TypeName => "struct tcp_md5sig";
}

/// <summary><c>{onoff=1, linger=0}</c>.</summary>
/// <param name="Position">Of the brace.</param>
/// <param name="OnOff">Not zero: the socket lingers.</param>
/// <param name="Seconds">For how long.</param>
internal sealed record LingerExpression(SourcePosition Position, long OnOff, long Seconds) : StructExpression(Position)
{
    public override string TypeName => "struct linger";
}

/// <summary><c>{flags none, sum 0, off 0, key 0, seq 0}</c>.</summary>
internal sealed record GreHeaderExpression(SourcePosition Position, GreHeader Header) : StructExpression(Position)
{
    public override string TypeName => "GRE header";
}

/// <summary><c>{(label 1, tc 0, [S], ttl 64)}</c>; <c>{}</c> is a stack without entries.</summary>
internal sealed record MplsStackExpression(SourcePosition Position, IReadOnlyList<MplsEntry> Entries) : StructExpression(Position)
{
    public override string TypeName => "MPLS label stack";
}

/// <summary><c>{spi=0x1234}</c>.</summary>
internal sealed record PspTupleExpression(SourcePosition Position, uint Spi) : StructExpression(Position)
{
    public override string TypeName => "PSP tuple";
}
