using SimNet.Links;
using SimNet.Observe;
using SimStack;
using SimStack.Wire;

namespace SimNet.Tests.Links;

/// <summary>A link between two ports that note what arrives.</summary>
internal sealed class LinkFixture
{
    private readonly RecordingPort _a;
    private readonly RecordingPort _b;

    public LinkFixture(LinkDirectionOptions options, ulong seed = 1)
    {
        Simulation = new Simulation(new SimulationOptions { Seed = seed });
        _a = new RecordingPort("a", Simulation.FramePool);
        _b = new RecordingPort("b", Simulation.FramePool);
        Link = Simulation.AddLink(_a, _b, new LinkOptions { AToB = options });
    }

    public Simulation Simulation { get; }

    public Link Link { get; }

    public LinkDirection Direction => Link.AToB;

    /// <summary>Arrivals at b: when, and the bytes.</summary>
    public List<(long At, byte[] Bytes)> Arrivals => _b.Arrivals;

    /// <summary>What a was told about its packets.</summary>
    public List<LinkVerdict> Verdicts => _a.Verdicts;

    public IEnumerable<int> ArrivedNumbers => Arrivals.Select(arrival => NumberOf(arrival.Bytes));

    /// <summary>Stops noting, so that tests can count allocations.</summary>
    public bool Quiet
    {
        set => _a.Quiet = _b.Quiet = value;
    }

    /// <summary>Sends an IPv4 frame of that length that carries a number, now.</summary>
    public void Send(int number, int length = 100)
    {
        Frame frame = Simulation.FramePool.Rent(length);
        Span<byte> bytes = frame.Bytes;
        bytes.Clear();
        bytes[12] = 8;
        BitConverter.TryWriteBytes(bytes[^4..], number);
        Direction.Send(Simulation.Now, frame);
    }

    public void SendAt(long nanoseconds, int number, int length = 100) =>
        Simulation.Loop.Post(new Instant(nanoseconds), () => Send(number, length));

    public void SendBytes(ReadOnlySpan<byte> bytes) => Direction.Send(Simulation.Now, Simulation.FramePool.Copy(bytes));

    public static int NumberOf(byte[] bytes) => BitConverter.ToInt32(bytes, bytes.Length - 4);

    private sealed class RecordingPort(string name, FramePool pool) : LinkPort
    {
        public List<(long At, byte[] Bytes)> Arrivals { get; } = [];

        public List<LinkVerdict> Verdicts { get; } = [];

        public bool Quiet { get; set; }

        public override string Name => name;

        protected internal override bool ObservesSending => !Quiet;

        protected internal override void OnSent(Instant now, Frame frame, in LinkVerdict verdict) => Verdicts.Add(verdict);

        protected internal override void Arrive(Instant now, Frame frame)
        {
            if (!Quiet)
            {
                Arrivals.Add((now.Nanoseconds, frame.Bytes.ToArray()));
            }

            pool.Return(frame);
        }
    }
}
