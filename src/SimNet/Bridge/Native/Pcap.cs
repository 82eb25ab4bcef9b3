using System.Reflection;
using System.Runtime.InteropServices;

namespace SimNet.Bridge.Native;

/// <summary>The calls of libpcap that a device needs (pcap(3PCAP)); on Windows Npcap has them.</summary>
internal static unsafe partial class Pcap
{
    public const int DLT_EN10MB = 1;
    public const int PCAP_D_IN = 1;
    public const int PCAP_ERROR_NO_SUCH_DEVICE = -5;
    public const int PCAP_ERROR_PERM_DENIED = -8;
    public const int PCAP_ERROR_IFACE_NOT_UP = -9;
    public const int PCAP_ERROR_PROMISC_PERM_DENIED = -11;
    private const string Library = "pcap";

    static Pcap() => NativeLibrary.SetDllImportResolver(typeof(Pcap).Assembly, Resolve);

    [LibraryImport(Library, EntryPoint = "pcap_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Create(string source, byte* error);

    [LibraryImport(Library, EntryPoint = "pcap_set_snaplen")]
    public static partial int SetSnapshotLength(nint pcap, int length);

    [LibraryImport(Library, EntryPoint = "pcap_set_promisc")]
    public static partial int SetPromiscuous(nint pcap, int on);

    [LibraryImport(Library, EntryPoint = "pcap_set_timeout")]
    public static partial int SetTimeout(nint pcap, int milliseconds);

    [LibraryImport(Library, EntryPoint = "pcap_set_immediate_mode")]
    public static partial int SetImmediateMode(nint pcap, int on);

    [LibraryImport(Library, EntryPoint = "pcap_set_buffer_size")]
    public static partial int SetBufferSize(nint pcap, int bytes);

    [LibraryImport(Library, EntryPoint = "pcap_activate")]
    public static partial int Activate(nint pcap);

    [LibraryImport(Library, EntryPoint = "pcap_setnonblock")]
    public static partial int SetNonBlocking(nint pcap, int on, byte* error);

    [LibraryImport(Library, EntryPoint = "pcap_setdirection")]
    public static partial int SetDirection(nint pcap, int direction);

    [LibraryImport(Library, EntryPoint = "pcap_setfilter")]
    public static partial int SetFilter(nint pcap, Program* program);

    [LibraryImport(Library, EntryPoint = "pcap_datalink")]
    public static partial int LinkType(nint pcap);

    [LibraryImport(Library, EntryPoint = "pcap_datalink_val_to_name")]
    public static partial nint LinkTypeName(int type);

    [LibraryImport(Library, EntryPoint = "pcap_get_selectable_fd")]
    public static partial int SelectableDescriptor(nint pcap);

    [LibraryImport(Library, EntryPoint = "pcap_next_ex")]
    public static partial int Next(nint pcap, byte** header, byte** data);

    [LibraryImport(Library, EntryPoint = "pcap_inject")]
    public static partial int Inject(nint pcap, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "pcap_stats")]
    public static partial int Statistics(nint pcap, uint* statistics);

    [LibraryImport(Library, EntryPoint = "pcap_geterr")]
    public static partial nint Error(nint pcap);

    [LibraryImport(Library, EntryPoint = "pcap_statustostr")]
    public static partial nint StatusText(int status);

    [LibraryImport(Library, EntryPoint = "pcap_close")]
    public static partial void Close(nint pcap);

    /// <summary>Runs a filter on a frame without any device: not 0 when it takes it.</summary>
    [LibraryImport(Library, EntryPoint = "pcap_offline_filter")]
    public static partial int RunFilter(Program* program, byte* header, byte* data);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }

        // Debian's library has kept the name of an older interface; others have the one of today. Npcap keeps to a folder of its own.
        string[] candidates = OperatingSystem.IsWindows() ? [Path.Combine(Environment.SystemDirectory, "Npcap", "wpcap.dll"), "wpcap.dll"]
            : OperatingSystem.IsMacOS() ? ["libpcap.dylib", "libpcap.A.dylib"]
            : ["libpcap.so.1", "libpcap.so.0.8", "libpcap.so"];
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint library))
            {
                return library;
            }
        }

        return 0;
    }

    /// <summary>struct bpf_program.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Program
    {
        public uint Count;
        public void* Instructions;
    }
}
