namespace SimNet.Observe;

/// <summary>
/// An event stream that costs one comparison while nobody listens: whoever raises events looks at <see cref="HasObservers"/>
/// first. Observers are called in the order in which they subscribed.
/// </summary>
/// <typeparam name="T">The event.</typeparam>
public sealed class ObservableSource<T> : IObservable<T>
{
    private readonly Action? _subscribersChanged;
    private IObserver<T>[] _observers = [];
    private bool _completed;

    /// <summary>A stream without subscribers.</summary>
    /// <param name="subscribersChanged">Called after each subscription and its end.</param>
    public ObservableSource(Action? subscribersChanged = null) => _subscribersChanged = subscribersChanged;

    /// <summary>True while somebody is subscribed.</summary>
    public bool HasObservers => _observers.Length > 0;

    /// <inheritdoc/>
    public IDisposable Subscribe(IObserver<T> observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (_completed)
        {
            observer.OnCompleted();
            return new Subscription(this, null);
        }

        _observers = [.. _observers, observer];
        _subscribersChanged?.Invoke();
        return new Subscription(this, observer);
    }

    /// <summary>Tells every observer.</summary>
    public void Publish(in T value)
    {
        foreach (IObserver<T> observer in _observers)
        {
            observer.OnNext(value);
        }
    }

    /// <summary>Ends the stream.</summary>
    public void Complete()
    {
        IObserver<T>[] observers = _observers;
        _observers = [];
        _completed = true;
        foreach (IObserver<T> observer in observers)
        {
            observer.OnCompleted();
        }

        _subscribersChanged?.Invoke();
    }

    private void Remove(IObserver<T> observer)
    {
        int index = Array.IndexOf(_observers, observer);
        if (index >= 0)
        {
            _observers = [.. _observers[..index], .. _observers[(index + 1)..]];
            _subscribersChanged?.Invoke();
        }
    }

    private sealed class Subscription(ObservableSource<T> source, IObserver<T>? observer) : IDisposable
    {
        private IObserver<T>? _observer = observer;

        public void Dispose()
        {
            if (_observer is { } removed)
            {
                _observer = null;
                source.Remove(removed);
            }
        }
    }
}
