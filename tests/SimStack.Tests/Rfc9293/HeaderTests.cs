using System.Buffers.Binary;
using SimStack.Profiles;
using SimStack.Sockets;
using SimStack.Tcp;
using SimStack.Tests.Tcp;
using SimStack.Wire;
using Xunit;
using static SimStack.Tests.Tcp.Dialogue;
using static SimStack.Tests.Tcp.Segments;

namespace SimStack.Tests.Rfc9293;

/// <summary>RFC 9293 §3.1 and §3.2: window, checksum, options.</summary>
public sealed class HeaderTests
{
    private const uint First = Iss + 1;
    private const uint Next = Irs + 1;

    /// <summary>Beyond 32,767 a signed 16-bit window would be negative, and nothing could be sent.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-1")]
    public void A_window_above_32767_is_used_whole(string profile)
    {
        Dialogue net = Named.Established(profile, settings: s => s.InitialWindowSegments = 80);
        net.Socket.SetOption(net.Now, SocketOption.SO_SNDBUFFORCE, 1_000_000);
        net.Peer.Send(Data(Next, First, 1));
        net.Peer.Send(Ack(Next + 1, First).Win(61_000));
        net.Write(65_000);
        net.AdvanceMs(150);
        Assert.Equal(61_000, net.Peer.TakeAll().Sum(segment => segment.DataLength()));
    }

    [Theory, InProfiles]
    [Requirement("REC-1")]
    public void A_scaled_window_has_30_bits(string profile)
    {
        Dialogue net = Named.Dialogue(profile);
        net.EstablishPassively(Syn().Mss(1000).Scale(14));
        Assert.Equal(65_535 << 14, net.Socket.Connection!.Snd.Wnd);
        Assert.Equal(1_073_725_440, net.Socket.GetInfo(net.Now).SndWnd);
    }

    /// <summary>The dialogue checks every segment of the host; here also by a sum of its own.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-2")]
    public void The_checksum_is_right_and_covers_the_pseudo_header(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            Dialogue net = Named.Dialogue(profile, ipv6);
            net.Packets = [];
            net.EstablishPassively(Syn().Mss(1000));
            net.Write(333);
            net.Peer.Send(Rst(Next));
            net.Peer.Send(Ack(Next, First)); // for nobody: RST
            Assert.True(net.Packets.Count >= 3);
            Assert.All(net.Packets, packet => Assert.Equal(0xFFFF, PseudoHeaderSum(packet)));
        }
    }

    [Theory, InProfiles]
    [Requirement("MUST-3")]
    public void A_segment_with_a_wrong_checksum_is_not_there(string profile)
    {
        foreach (bool ipv6 in new[] { false, true })
        {
            Dialogue net = Named.Established(profile, ipv6);
            byte[] tcp = new byte[25];
            TcpOptions none = default;
            TcpWriter.Write(tcp, PeerPort, HostPort, new SequenceNumber(Next), new SequenceNumber(First), TcpFlags.Ack, 1000, 0, none, TcpOptionLayout.Linux);
            net.DeliverRaw(tcp, wrong: 1);
            net.AdvanceMs(1000);
            net.Peer.ExpectNothing();
            Assert.Equal(0, net.Socket.ReadableCount);
            Assert.Equal(1, net.Host.Counters[SnmpCounter.TcpInCsumErrors]);
            net.DeliverRaw(tcp);
            Assert.Equal(5, net.Socket.ReadableCount);
        }
    }

    /// <summary>End of list, no-operation and MSS, received: the MSS counts, what is behind the end does not.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-4")]
    [Requirement("MUST-64")]
    public void The_mandatory_options_are_understood_wherever_they_stand(string profile)
    {
        Assert.Equal(1000, MssAfterSyn(profile, 2, 4, 3, 232));
        Assert.Equal(1000, MssAfterSyn(profile, 1, 2, 4, 3, 232)); // not on a word boundary
        Assert.Equal(1000, MssAfterSyn(profile, 1, 1, 1, 2, 4, 3, 232, 0, 2, 4, 1, 0));
        Assert.Equal(536, MssAfterSyn(profile, 0, 2, 4, 3, 232));
    }

    [Theory, InProfiles]
    [Requirement("MUST-6")]
    public void Options_that_nobody_knows_are_passed_over_by_their_length(string profile)
    {
        Assert.Equal(1000, MssAfterSyn(profile, 77, 2, 78, 7, 2, 4, 1, 1, 1, 2, 4, 3, 232));
        Dialogue net = Named.Established(profile);
        net.DeliverWithOptions(Data(Next, First, 10), 200, 5, 9, 9, 9);
        Assert.Equal(10, net.Read().Length);
    }

    /// <summary>Options beside data, FIN and RST: read or passed over, the segment counts.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-5")]
    public void Any_segment_may_have_options(string profile)
    {
        Dialogue net = Named.Established(profile);
        net.DeliverWithOptions(Data(Next, First, 10), 1, 77, 3, 0);
        Assert.Equal(10, net.Read().Length);
        net.DeliverWithOptions(Data(Next + 10, First, 10), 2, 4, 0, 100); // an MSS is no part of a handshake here and changes nothing
        Assert.Equal(10, net.Read().Length);
        Assert.Equal(1000, net.Socket.Connection!.SendMss);
        net.DeliverWithOptions(Fin(Next + 20, First), 1, 1, 1, 0);
        Assert.Equal(TcpState.CloseWait, net.Socket.State);
        net.DeliverWithOptions(Rst(Next + 21), 77, 4, 0, 0);
        Assert.Equal(TcpState.Closed, net.Socket.State);
    }

    /// <summary>Lengths of 0, 1 and beyond the header, in a SYN and later: no harm is done, and the connection goes on.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-7")]
    public void Illegal_option_lengths_do_no_harm(string profile)
    {
        foreach (byte length in new byte[] { 0, 1, 41, 255 })
        {
            foreach (byte kind in new byte[] { 2, 3, 4, 5, 8, 77 })
            {
                Dialogue net = Named.Dialogue(profile);
                net.Listen();
                net.Peer.Host = new(net.HostAddress, HostPort);
                net.DeliverWithOptions(Syn(Irs), kind, length, 0, 0);
                net.Peer.Ignore();

                net = Named.Established(profile);
                net.DeliverWithOptions(Data(Next, First, 4), kind, length, 0, 0);
                net.Peer.Ignore();
                Assert.Equal(TcpState.Established, net.Socket.State);
                net.Peer.Send(Data(net.Socket.Connection!.Rcv.Nxt.Value, First, 6));
                Assert.True(net.Read().Length >= 6);
            }
        }
    }

    /// <summary>All options of a conversation with everything in it: SYN, ACKs with SACK, data, FIN.</summary>
    [Theory, InProfiles]
    [Requirement("MUST-65")]
    [Requirement("MUST-68")]
    [Requirement("MUST-69")]
    public void What_is_sent_has_lengths_zeros_behind_the_end_and_the_MSS_in_SYNs_only(string profile)
    {
        foreach (bool active in new[] { false, true })
        {
            List<byte[]> packets = Conversation(profile, active);
            Assert.Contains(packets, packet => Kinds(packet).Contains(2));
            Assert.Contains(packets, packet => Kinds(packet).Contains(5)); // SACK
            foreach (byte[] packet in packets)
            {
                bool syn = (packet[33] & (int)TcpFlags.Syn) != 0;
                Assert.Equal(syn, Kinds(packet).Contains(2));
            }
        }
    }

    private static List<byte[]> Conversation(string profile, bool active)
    {
        Dialogue net = Named.Dialogue(profile);
        net.Packets = [];
        SegmentPattern offer = SynAck(Irs, Iss + 1).Mss(1000).Scale(3).SackOk().Ts(50, 0);
        if (active)
        {
            net.EstablishActively(offer);
        }
        else
        {
            net.EstablishPassively(offer.Without(TcpFlags.Ack));
        }

        net.Peer.Send(Data(Next + 100, First, 100).Ts(51, 0)); // leaves a hole
        net.Peer.Send(Data(Next + 300, First, 100).Ts(51, 0));
        net.Write(1500);
        net.Peer.Send(Data(Next, First, 100).Ts(52, 0));
        net.Socket.Shutdown(net.Now, ShutdownHow.SHUT_WR);
        net.AdvanceMs(3000);
        return net.Packets;
    }

    /// <summary>The kinds of a packet's options; fails where an option has no right length or something follows the end of the list.</summary>
    private static List<int> Kinds(byte[] packet)
    {
        ReadOnlySpan<byte> options = packet.AsSpan(40..(20 + (packet[32] >> 4) * 4));
        List<int> kinds = [];
        int at = 0;
        while (at < options.Length && options[at] != 0)
        {
            kinds.Add(options[at]);
            int length = options[at] == 1 ? 1 : options[at + 1];
            Assert.InRange(length, options[at] == 1 ? 1 : 2, options.Length - at);
            at += length;
        }

        Assert.False(options[at..].ContainsAnyExcept((byte)0), "padding that is not zero");
        return kinds;
    }

    private static int MssAfterSyn(string profile, params ReadOnlySpan<byte> options)
    {
        Dialogue net = Named.Dialogue(profile);
        net.Listen();
        net.DeliverWithOptions(Syn(Irs), options);
        net.Peer.Expect(SynAck(Iss, Next));
        net.Peer.Send(Ack(Next, First));
        return net.Accept().Connection!.SendMss;
    }

    /// <summary>RFC 1071's sum over pseudo-header and segment, two bytes at a time; 0xFFFF when the checksum is right.</summary>
    private static int PseudoHeaderSum(byte[] packet)
    {
        bool v4 = packet[0] >> 4 == 4;
        byte[] summed = [.. v4 ? packet[12..20] : packet[8..40], .. packet[(v4 ? 20 : 40)..], 0];
        int length = packet.Length - (v4 ? 20 : 40);
        int sum = 6 + length;
        for (int i = 0; i + 1 < summed.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(summed.AsSpan(i));
        }

        return (sum & 0xFFFF) + (sum >> 16);
    }
}
