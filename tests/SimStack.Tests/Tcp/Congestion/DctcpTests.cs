using System.Buffers.Binary;
using SimStack.Tcp.Congestion;
using SimStack.Wire;
using Xunit;

namespace SimStack.Tests.Tcp.Congestion;

/// <summary>RFC 8257.</summary>
public sealed class DctcpTests
{
    /// <summary>Alpha follows the fraction of marked segments with gain 1/16: after many rounds it is that fraction.</summary>
    [Theory]
    [InlineData(0, 100, 0)]
    [InlineData(100, 100, 1024)]
    [InlineData(50, 100, 512)]
    [InlineData(10, 100, 102)]
    public void Alpha_converges_to_the_fraction_of_marks(int marked, int delivered, int alpha)
    {
        CongestionContext context = new() { EcnAgreed = true, Una = new SequenceNumber(1), Nxt = new SequenceNumber(1) };
        CongestionState state = new() { Window = 100, Threshold = 50, Clamp = int.MaxValue };
        Dctcp dctcp = new();
        dctcp.Initialize(ref state, context);
        for (int round = 0; round < 200; round++)
        {
            context.Delivered += (uint)delivered;
            context.DeliveredCe += (uint)marked;
            dctcp.AckArrived(ref state, context, AckKind.None);
        }

        Assert.InRange(Alpha(dctcp, context), alpha - 20, alpha + 16);
        Assert.InRange(dctcp.ThresholdAfterLoss(ref state, context), 99 - alpha * 100 / 2048, 101 - (alpha - 20) * 100 / 2048);
    }

    [Fact]
    public void A_loss_halves_whatever_alpha_is()
    {
        CongestionContext context = new() { EcnAgreed = true };
        CongestionState state = new() { Window = 100, Threshold = 50, Clamp = int.MaxValue };
        Dctcp dctcp = new();
        context.Sysctls.DctcpAlphaOnInit = 0;
        dctcp.Initialize(ref state, context);
        state.Threshold = dctcp.ThresholdAfterLoss(ref state, context);
        Assert.Equal(100, state.Threshold);
        dctcp.PhaseChanges(ref state, context, CongestionPhase.Recovery);
        Assert.Equal(50, state.Threshold);
    }

    [Fact]
    public void Without_ECN_it_is_Reno()
    {
        CongestionContext context = new();
        CongestionState state = new() { Window = 100, Threshold = 50, Clamp = int.MaxValue };
        Dctcp dctcp = new();
        Assert.True(dctcp.NeedsEcn);
        dctcp.Initialize(ref state, context);
        Assert.Equal(("dctcp-reno", false, 50), (dctcp.Name, dctcp.NeedsEcn, dctcp.ThresholdAfterLoss(ref state, context)));
    }

    /// <summary>The queue stands near K, and nothing is lost.</summary>
    [Fact]
    public void The_queue_stays_near_the_mark()
    {
        Bottleneck path = new() { Service = 12, Delay = 400, Limit = 500, MarkFrom = 20 };
        Bottleneck.Sender sender = path.Add(new Dctcp());
        path.Run(1_000_000);
        (long sum, int count) = (0, 0);
        path.Run(1_000_000, () =>
        {
            sum += path.Waiting;
            count++;
        });

        Assert.InRange((double)sum / count, 8, 26);
        Assert.InRange(count, 0.97 * 1_000_000 / 12, 1_000_000 / 12 + 1);
    }

    private static int Alpha(Dctcp dctcp, CongestionContext context)
    {
        byte[] info = new byte[16];
        dctcp.WriteInfo(info, context);
        return BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(4));
    }
}
