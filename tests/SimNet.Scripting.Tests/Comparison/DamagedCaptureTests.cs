using SimNet.Capture;
using SimNet.Scripting.Comparison;
using SimStack.Wire;
using Xunit;

namespace SimNet.Scripting.Tests.Comparison;

/// <summary>Whatever the bytes of a capture are, it is compared or refused with a line.</summary>
public sealed class DamagedCaptureTests
{
    private static readonly byte[] Sample = SamplePacket.File(
    [
        new() { FromClient = true, Flags = TcpFlags.Syn, Options = SamplePacket.SynOptions() },
        new() { Flags = TcpFlags.Syn | TcpFlags.Ack, Ack = 1, Options = SamplePacket.SynOptions(), Milliseconds = 5 },
        new() { FromClient = true, Seq = 1, Ack = 1, Length = 100, Milliseconds = 6 },
        new() { Udp = true, FromClient = true, Length = 9, Milliseconds = 7 },
        new() { Icmp = [3, 3, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 37, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9C, 0x40, 0, 80, 0, 17, 0, 0], Milliseconds = 8 },
        new() { V6 = true, FromClient = true, Flags = TcpFlags.Syn, Milliseconds = 9 },
        new() { V6 = true, Icmp = [1, 4, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 20, 6, 64], Milliseconds = 10 },
        new() { FromClient = true, Icmp = [8, 0, 0, 0, 0, 1, 0, 1], Milliseconds = 11 },
    ]);

    private static readonly CaptureContent Whole = SamplePacket.Read(Sample);

    [Fact]
    public void RandomDamageIsSurvived()
    {
        ulong state = 88172645463325252;
        int compared = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = Sample[..^(int)(Next(ref state) % 3 == 0 ? Next(ref state) % 40 : 0)];
            for (int i = (int)(Next(ref state) % 12); i >= 0; i--)
            {
                damaged[Next(ref state) % (ulong)damaged.Length] = (byte)Next(ref state);
            }

            compared += Survives(damaged) ? 1 : 0;
        }

        Assert.InRange(compared, 2_000, 19_999);
    }

    [Fact]
    public void EveryCutIsRefusedOrCompared()
    {
        for (int length = 0; length < Sample.Length; length++)
        {
            Survives(Sample[..length]);
        }
    }

    [Fact]
    public void EverySnapLengthIsCompared()
    {
        for (int length = 1; length < 120; length++)
        {
            byte[] cut = SamplePacket.File([new() { FromClient = true, Flags = TcpFlags.Syn, Options = SamplePacket.SynOptions() }], snapLength: length);
            Survives(cut);
        }
    }

    [Fact]
    public void AFileWithoutPacketsIsRefusedWithALineThatSaysSo()
    {
        var exception = Assert.Throws<InvalidDataException>(() => SamplePacket.Read(SamplePacket.File([]), "empty.pcap"));
        Assert.Equal("empty.pcap: a Pcap file without any packet", exception.Message);
    }

    [Fact]
    public void AFileThatIsCutOffIsRefusedWithWhatWasRead()
    {
        var exception = Assert.Throws<InvalidDataException>(() => SamplePacket.Read(Sample[..^1], "cut.pcap"));
        Assert.StartsWith("cut.pcap: the file ends inside the packet record", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("(after 7 frames)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FramesOfAnUnknownKindAreRefused()
    {
        byte[] file = SamplePacket.File([new() { FromClient = true }], linkType: (CaptureLinkType)105);
        var exception = Assert.Throws<InvalidDataException>(() => SamplePacket.Read(file, "wlan.pcap"));
        Assert.Contains("link type 105", exception.Message, StringComparison.Ordinal);
    }

    private static bool Survives(byte[] file)
    {
        try
        {
            CaptureContent content = SamplePacket.Read(file);
            CaptureComparison.Compare(content, Whole);
            CaptureComparison.Compare(Whole, content, new() { AllWindows = true });
            return true;
        }
        catch (Exception exception) when (exception is CaptureFormatException or InvalidDataException)
        {
            Assert.DoesNotContain('\n', exception.Message);
            return false;
        }
    }

    private static ulong Next(ref ulong state)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state >> 11;
    }
}
