using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Rfc9293;

/// <summary>Dialogues with the host of a profile that is given by name.</summary>
internal static class Named
{
    public static SimStack.Profiles.Profile Profile(string name)
    {
        Assert.True(SimStack.Profiles.Profile.TryGet(name, out SimStack.Profiles.Profile found), $"no profile {name}");
        return found;
    }

    public static Dialogue Dialogue(string profile, bool ipv6 = false, Action<Sysctls>? settings = null) =>
        new(ipv6, Profile(profile), settings);

    /// <summary>A connection that the peer opened, with no option but the MSS; the host may send several segments at once.</summary>
    public static Dialogue Established(string profile, bool ipv6 = false, int mss = 1000, Action<Sysctls>? settings = null)
    {
        Dialogue net = Dialogue(profile, ipv6, s =>
        {
            s.InitialWindowSegments = 10;
            settings?.Invoke(s);
        });
        net.EstablishPassively(Segments.Syn().Mss(mss));
        return net;
    }

    /// <summary>Sends that many bytes, all of which must be taken.</summary>
    public static void Write(this Dialogue net, int length, MessageFlags flags = MessageFlags.None)
    {
        Assert.Equal(length, net.Socket.Send(net.Now, new byte[length], flags).Value);
        net.Drain();
    }

    /// <summary>Bytes that can be read, read.</summary>
    public static byte[] Read(this Dialogue net, int most = 100_000)
    {
        byte[] buffer = new byte[most];
        SocketResult result = net.Socket.Receive(net.Now, buffer);
        return result.Succeeded ? buffer[..result.Value] : [];
    }

    /// <summary>All that the host sent and nobody looked at.</summary>
    public static List<SegmentPattern> TakeAll(this ScriptedPeer peer)
    {
        List<SegmentPattern> all = [];
        while (peer.Take() is { } segment)
        {
            all.Add(segment);
        }

        return all;
    }

    public static int DataLength(this SegmentPattern segment) => segment.Data?.Length ?? 0;

    public static bool Has(this SegmentPattern segment, TcpFlags flags) => (segment.Flags & flags) == flags;
}
