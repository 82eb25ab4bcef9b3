namespace SimStack.Wire;

/// <summary>TCP's control bits (RFC 9293 §3.1; AE: RFC 9768), as the low nine bits of the header's data offset word.</summary>
[Flags]
public enum TcpFlags : ushort
{
    None = 0,
    Fin = 1,
    Syn = 2,
    Rst = 4,
    Psh = 8,
    Ack = 16,
    Urg = 32,
    Ece = 64,
    Cwr = 128,
    Ae = 256,
}
