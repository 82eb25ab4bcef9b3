using SimNet.Random;

namespace SimNet.Links;

/// <summary>
/// Something that happens to a packet by chance: loss, duplication, corruption, reordering. Each has its own random stream, and
/// draws only while its probability isn't zero.
/// </summary>
internal struct ChanceStage(SimRandom random)
{
    private Probability _probability;
    private bool _active;

    public Probability Probability
    {
        readonly get => _probability;
        set
        {
            _probability = value;
            _active = value != default;
        }
    }

    public readonly bool Strikes() => _active && random.Chance(_probability);
}
