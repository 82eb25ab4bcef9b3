using System.Text;
using SimNet.Bridge;
using Xunit;

namespace SimNet.Tests.Bridge;

/// <summary>What a recording's comments tell of offload.</summary>
public class OffloadMarksTests
{
    [Theory]
    [InlineData(1448, -1, "sim-segments 1448")]
    [InlineData(0, 0, "sim-port-offload none")]
    [InlineData(0, 1, "sim-port-offload receive")]
    [InlineData(8, 4, "sim-port-offload device; sim-segments 8")]
    [InlineData(65_535, 7, "sim-port-offload receive segmentation device; sim-segments 65535")]
    public void WhatIsWrittenIsRead(int segmentSize, int port, string text)
    {
        PortOffload? offload = port < 0 ? null : (PortOffload)port;
        Span<byte> place = stackalloc byte[OffloadMarks.MostBytes];
        string written = Encoding.UTF8.GetString(place[..OffloadMarks.Write(place, segmentSize, offload)]);
        Assert.Equal(text, written);
        Assert.Equal((true, segmentSize, offload), Read(written));
        Assert.Equal((true, segmentSize, offload), Read("SYN-SENT; " + written + "\nsomebody's note; sims 1"));
    }

    [Theory]
    [InlineData("retransmission; held back")]
    [InlineData("")]
    [InlineData("about sim-segments 12")]
    public void OthersCommentsTellNothing(string comment) => Assert.Equal((true, 0, null), Read(comment));

    [Theory]
    [InlineData("sim-segments 0")]
    [InlineData("sim-segments -3")]
    [InlineData("sim-segments 65536")]
    [InlineData("sim-segments many")]
    [InlineData("sim-port-offload receive later")]
    [InlineData("note\nsim-port-offload; sim-segments 1 448")]
    public void AWrongMarkIsNoMark(string comment) => Assert.False(OffloadMarks.TryRead(comment, out _, out _));

    [Fact]
    public void WritingAllocatesNothing()
    {
        Span<byte> place = stackalloc byte[OffloadMarks.MostBytes];
        long least = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int size = 8; size < 1000; size++)
            {
                OffloadMarks.Write(place, size, PortOffload.Receive | PortOffload.Device);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static (bool, int, PortOffload?) Read(string comment) =>
        (OffloadMarks.TryRead(comment, out int segmentSize, out PortOffload? port), segmentSize, port);
}
