namespace SimStack.Tcp.Congestion;

/// <summary>
/// The largest of the samples of a window, in constant room (Kathleen Nichols' algorithm, as Linux's lib/win_minmax.c): the best of the whole
/// window, of its later part, and of its last.
/// </summary>
internal struct WindowedMaximum
{
    private uint _best, _second, _third;
    private uint _bestAt, _secondAt, _thirdAt;

    public readonly uint Value => _best;

    public void Reset(uint at, uint value)
    {
        _best = _second = _third = value;
        _bestAt = _secondAt = _thirdAt = at;
    }

    /// <param name="window">How long a sample counts, in the unit of <paramref name="at"/>.</param>
    /// <param name="at">When it was taken.</param>
    /// <param name="value">The sample.</param>
    public void Add(uint window, uint at, uint value)
    {
        if (value >= _best || unchecked(at - _thirdAt) > window)
        {
            Reset(at, value);
            return;
        }

        if (value >= _second)
        {
            (_second, _secondAt) = (value, at);
            (_third, _thirdAt) = (value, at);
        }
        else if (value >= _third)
        {
            (_third, _thirdAt) = (value, at);
        }

        Age(window, at, value);
    }

    private void Age(uint window, uint at, uint value)
    {
        uint age = unchecked(at - _bestAt);
        if (age > window)
        {
            Shift(at, value);
            if (unchecked(at - _bestAt) > window)
            {
                Shift(at, value);
            }
        }
        else if (_secondAt == _bestAt && age > window / 4)
        {
            // A quarter of the window went by: a second choice from its later part.
            (_second, _secondAt) = (value, at);
            (_third, _thirdAt) = (value, at);
        }
        else if (_thirdAt == _secondAt && age > window / 2)
        {
            (_third, _thirdAt) = (value, at);
        }
    }

    private void Shift(uint at, uint value)
    {
        (_best, _bestAt) = (_second, _secondAt);
        (_second, _secondAt) = (_third, _thirdAt);
        (_third, _thirdAt) = (value, at);
    }
}
