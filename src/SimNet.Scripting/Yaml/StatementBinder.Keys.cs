using System.Text;
using SimNet.Scripting.Model;
using SimNet.Scripting.Schema;
using SimStack.Ip;
using SimStack.Sockets;

namespace SimNet.Scripting.Yaml;

/// <summary>Keys for signing segments.</summary>
internal sealed partial class Binder
{
    private sealed partial class StatementBinder
    {
        private const int LongestKey = TcpAoKey.MaxKeyLength;

        private Md5KeyStatement? Md5Key(ScriptNode value, string? socket) =>
            MapReader.Open(value, Shapes.Md5Arguments, _errors, "md5") is { } map && Peer(map) is { } peer && KeyText(map) is { } key
                ? new Md5KeyStatement(peer, key) { Socket = Preparing(socket, value.Position) }
                : null;

        private AoKeyStatement? AoKey(ScriptNode value, string? socket)
        {
            if (MapReader.Open(value, Shapes.AoArguments, _errors, "ao") is not { } map || Peer(map) is not { } peer || KeyText(map) is not { } bytes)
            {
                return null;
            }

            var key = new TcpAoKey
            {
                Address = peer.Address,
                PrefixLength = peer.Length,
                SendId = (byte)(map.Integer("send-id", 0, 255) ?? 0),
                ReceiveId = (byte)(map.Integer("receive-id", 0, 255) ?? 0),
                Algorithm = map.Text("algorithm") ?? "hmac(sha1)",
                Key = bytes,
                MacLength = map.Integer("mac-length", 1, 16) ?? 0,
                Flags = map.Boolean("exclude-options") == true ? TcpAoKeyFlags.TCP_AO_KEYF_EXCLUDE_OPT : TcpAoKeyFlags.None,
                IsCurrent = map.Boolean("current") ?? false,
                IsRNext = map.Boolean("rnext") ?? false,
            };
            return new AoKeyStatement(key, map.Boolean("remove") ?? false) { Socket = Preparing(socket, value.Position) };
        }

        private AoInfoStatement? AoInfo(ScriptNode value, string? socket) =>
            MapReader.Open(value, Shapes.AoInfoArguments, _errors, "ao-info") is not { } map
                ? null
                : new AoInfoStatement(new TcpAoInfo
                {
                    CurrentKey = (byte?)map.Integer("current", 0, 255),
                    RNextKey = (byte?)map.Integer("rnext", 0, 255),
                    AoRequired = map.Boolean("required") ?? false,
                    AcceptIcmps = map.Boolean("accept-icmps") ?? false,
                })
                { Socket = Preparing(socket, value.Position) };

        private AddressPrefix? Peer(MapReader map)
        {
            if (map.Find("peer") is not { } node || map.Text("peer") is not { } text)
            {
                return null;
            }

            if (text.Contains('/', StringComparison.Ordinal))
            {
                return _values.Prefix(node, "peer");
            }

            IpAddress? address = IpAddress.TryParse(text, out IpAddress written) ? written : owner.AddressOf(text, node.Position, host, null);
            return address is { } known ? new AddressPrefix(known, known.IsV4 ? 32 : 128) : null;
        }

        private byte[]? KeyText(MapReader map)
        {
            byte[] key = Encoding.UTF8.GetBytes(map.Text("key") ?? "");
            if (key.Length <= LongestKey)
            {
                return key;
            }

            _errors.Add(map.Find("key")!.Position, $"key: {key.Length} bytes, must be at most {LongestKey}");
            return null;
        }
    }
}
