using SimStack.Sockets;

namespace SimNet.Scripting.Packetdrill.Calls;

/// <summary>Readiness as poll(2) and epoll(7) write it: the same bits.</summary>
internal static class PollMask
{
    public const uint In = 0x1;
    public const uint Pri = 0x2;
    public const uint Out = 0x4;
    public const uint Err = 0x8;
    public const uint Hup = 0x10;
    public const uint ReadNormal = 0x40;
    public const uint ReadBand = 0x80;
    public const uint WriteNormal = 0x100;
    public const uint WriteBand = 0x200;

    /// <summary>Reported whether asked for or not.</summary>
    public const uint Always = Err | Hup;

    /// <summary>A wake-up that concerns everybody who waits.</summary>
    public const uint Everyone = uint.MaxValue;

    /// <summary>What a socket reports: Linux sets the "normal" bits along with the plain ones.</summary>
    public static uint Of(PollEvents events) => (uint)events
        | ((events & PollEvents.POLLIN) != 0 ? ReadNormal : 0)
        | ((events & PollEvents.POLLOUT) != 0 ? WriteNormal : 0);

    /// <summary>The key of a wake-up: data concerns whoever waits for any kind of data, space for any kind of writing.</summary>
    public static uint KeyOf(PollEvents events) => Of(events)
        | ((events & PollEvents.POLLIN) != 0 ? Pri | ReadBand : 0)
        | ((events & PollEvents.POLLOUT) != 0 ? WriteBand : 0);
}
