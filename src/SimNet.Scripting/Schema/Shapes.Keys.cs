namespace SimNet.Scripting.Schema;

/// <summary>The shapes of keys for signing segments.</summary>
internal static partial class Shapes
{
    private static ShapeKey[] KeyWords =>
    [
        new("md5", "#md5-arguments", "TCP_MD5SIG: segments to and from the peer are signed by this key (RFC 2385)."),
        new("ao", "#ao-arguments", "TCP_AO_ADD_KEY: segments to and from the peer are signed by TCP-AO (RFC 5925)."),
        new("ao-info", "#ao-info-arguments", "TCP_AO_INFO: which TCP-AO keys are in use, and what is asked of peers."),
    ];

    public static readonly Shape Md5Arguments = new("md5-arguments", "A key of TCP_MD5SIG.",
        new("peer", "string", "Host, address, or prefix like 10.0.0.0/24.", Required: true),
        new("key", "string", "1 to 80 bytes; \"\" takes the key away.", Required: true));

    public static readonly Shape AoArguments = new("ao-arguments", "A key of TCP-AO.",
        new("peer", "string", "Host, address, or prefix like 10.0.0.0/24.", Required: true),
        new("key", "string", "The master key; at most 80 bytes."),
        new("send-id", "integer:0..255", "KeyID of what is sent by it; default 0."),
        new("receive-id", "integer:0..255", "KeyID of what the peer sends by it; default 0."),
        new("algorithm", "string", "hmac(sha1), the default, cmac(aes128), hmac(sha256), hmac(sha384), hmac(sha512), hmac(md5)."),
        new("mac-length", "integer:1..16", "Bytes of the MAC; default 12."),
        new("exclude-options", "boolean", "The MAC covers no other options."),
        new("current", "boolean", "It is the key that signs."),
        new("rnext", "boolean", "It is the key that the peer is asked to use."),
        new("remove", "boolean", "The key of these IDs is taken away (TCP_AO_DEL_KEY)."));

    public static readonly Shape AoInfoArguments = new("ao-info-arguments", "What a socket with TCP-AO does.",
        new("current", "integer:0..255", "send-id of the key that signs."),
        new("rnext", "integer:0..255", "receive-id of the key that the peer is asked to use."),
        new("required", "boolean", "Segments without TCP-AO are dropped whoever sends them."),
        new("accept-icmps", "boolean", "ICMP's hard errors are believed."));

    private static Shape[] Keys => [Md5Arguments, AoArguments, AoInfoArguments];
}
