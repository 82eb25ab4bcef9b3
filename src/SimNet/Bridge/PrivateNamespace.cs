using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using SimNet.Bridge.Native;

namespace SimNet.Bridge;

/// <summary>
/// A network namespace of Linux that only this process knows (unshare(2)): with interfaces, routes and sysctls of its own, and no way out.
/// It is gone when this is disposed and all that was opened in it is closed, or when the process ends in whatever way.
/// </summary>
public sealed class PrivateNamespace : IDisposable
{
    private int _descriptor;

    /// <summary>Makes one; the caller stays where it is.</summary>
    /// <exception cref="BridgeException">It is not Linux, or takes root.</exception>
    public PrivateNamespace()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BridgeException("network namespaces are Linux's");
        }

        ExceptionDispatchInfo? failure = null;
        // The namespace becomes the thread's, and no other work must find itself in it: the thread ends at once.
        Thread thread = new(() =>
        {
            try
            {
                _descriptor = Make();
            }
            catch (BridgeException error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        })
        { IsBackground = true, Name = "netns" };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>What <see cref="NetworkNamespace.Run{T}"/> and <see cref="TapOptions.NetworkNamespace"/> take, in this process.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor}");

    /// <summary>Lets go of it.</summary>
    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static int Make()
    {
        if (Libc.Unshare(Libc.CLONE_NEWNET) != 0)
        {
            string why = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            throw new BridgeException($"a network namespace can't be made: {why}; it takes root");
        }

        int descriptor = Libc.Open("/proc/thread-self/ns/net", Libc.O_CLOEXEC);
        return descriptor >= 0 ? descriptor : throw new BridgeException("/proc/thread-self/ns/net can't be opened");
    }
}
