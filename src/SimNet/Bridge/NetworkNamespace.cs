using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using SimNet.Bridge.Native;

namespace SimNet.Bridge;

/// <summary>Work inside a network namespace of Linux (network_namespaces(7)): what is opened there stays there.</summary>
public static class NetworkNamespace
{
    /// <summary>Runs something on a thread of its own that is in a namespace, and waits for it.</summary>
    /// <param name="name">As <c>ip netns</c> knows it, or a path like /proc/PID/ns/net; null: the caller's own.</param>
    /// <param name="action">What is opened by it, as a socket or a device, belongs to the namespace for good.</param>
    /// <exception cref="BridgeException">There is no such namespace, or it must not be entered.</exception>
    public static T Run<T>(string? name, Func<T> action)
    {
        if (name is null)
        {
            return action();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter(name);
                result = action();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        })
        { IsBackground = true, Name = $"netns {name}" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>Moves the calling thread into a namespace; it must not be one of the thread pool's.</summary>
    /// <exception cref="BridgeException">There is no such namespace, or it must not be entered.</exception>
    public static void Enter(string name)
    {
        string path = name.Contains('/', StringComparison.Ordinal) ? name : $"/var/run/netns/{name}";
        int descriptor = Libc.Open(path, Libc.O_CLOEXEC);
        if (descriptor < 0)
        {
            throw new BridgeException($"there is no network namespace {name} that can be opened ({path}); `ip netns list` shows them");
        }

        int result = Libc.SetNamespace(descriptor, Libc.CLONE_NEWNET);
        int error = Marshal.GetLastPInvokeError();
        _ = Libc.Close(descriptor);
        if (result != 0)
        {
            throw new BridgeException(error == Libc.EINVAL
                ? $"{path} is no network namespace; `ip netns list` shows them"
                : $"network namespace {name} can't be entered: {Marshal.GetPInvokeErrorMessage(error)}; it takes root");
        }
    }
}
