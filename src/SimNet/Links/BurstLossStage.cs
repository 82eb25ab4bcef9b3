using SimNet.Random;

namespace SimNet.Links;

/// <summary>Loss by a <see cref="GilbertElliott"/> chain. The state outlives a change of the parameters.</summary>
/// <param name="state">Stream of the changes of state.</param>
/// <param name="loss">Stream of the losses: another one, so that probabilities of loss don't disturb the states.</param>
internal struct BurstLossStage(SimRandom state, SimRandom loss)
{
    private bool _isBad;

    /// <summary>Null: no loss, and the state stays.</summary>
    public GilbertElliott? Model { get; set; }

    public bool Strikes()
    {
        if (Model is not { } model)
        {
            return false;
        }

        bool lost = loss.Chance(_isBad ? model.LossInBad : model.LossInGood);
        _isBad ^= state.Chance(_isBad ? model.BadToGood : model.GoodToBad);
        return lost;
    }
}
