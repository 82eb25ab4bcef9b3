namespace SimStack.Tcp;

/// <summary>
/// The least of the measurements of a window of time, in constant memory: the best three, each later than the one before it (Kathleen Nichols'
/// algorithm; Linux: lib/win_minmax.c).
/// </summary>
internal struct WindowedMinimum
{
    private Sample _first, _second, _third;

    /// <summary>The least; uint.MaxValue before there is one.</summary>
    public readonly uint Least => _first.Value == 0 ? uint.MaxValue : _first.Value;

    /// <summary>Forgets what was and begins with one measurement.</summary>
    public void Reset(uint time, uint value) => _first = _second = _third = new Sample(time, value);

    /// <param name="window">How long a measurement counts, in the unit of <paramref name="time"/>.</param>
    /// <param name="time">When, in any unit; it may wrap around.</param>
    /// <param name="value">More than 0.</param>
    public void Add(uint window, uint time, uint value)
    {
        if (value <= Least || unchecked(time - _third.Time) > window)
        {
            Reset(time, value);
            return;
        }

        Sample sample = new(time, value);
        if (value <= _second.Value)
        {
            _second = _third = sample;
        }
        else if (value <= _third.Value)
        {
            _third = sample;
        }

        Age(window, sample);
    }

    private void Age(uint window, Sample sample)
    {
        uint age = unchecked(sample.Time - _first.Time);
        if (age > window)
        {
            Shift(sample);
            if (unchecked(sample.Time - _first.Time) > window)
            {
                Shift(sample);
            }
        }
        else if (_second.Time == _first.Time && age > window / 4)
        {
            // A quarter went by without a second choice: from now on it is taken from the rest.
            _second = _third = sample;
        }
        else if (_third.Time == _second.Time && age > window / 2)
        {
            _third = sample;
        }
    }

    private void Shift(Sample sample) => (_first, _second, _third) = (_second, _third, sample);

    private readonly record struct Sample(uint Time, uint Value);
}
