using SimStack.Ip;
using SimStack.Wire;

namespace SimStack.Tests.Wire;

/// <summary>Values from a fixed seed (splitmix64): the same cases in every run.</summary>
internal sealed class Gen(ulong seed)
{
    private ulong _state = seed;

    internal ulong Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    internal int Below(int limit) => (int)(Next() % (ulong)limit);

    internal bool Coin() => (Next() & 1) != 0;

    internal ushort Half() => (ushort)Next();

    internal byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }

    internal IpAddress V4() => IpAddress.FromV4((uint)Next());

    internal IpAddress V6() => new(0x2001_0DB8_0000_0000 | Next() >> 32, Next());

    internal MacAddress Mac() => new(Next() >> 16 & 0xFEFF_FFFF_FFFF);

    internal TcpOptions Options(bool syn)
    {
        TcpOptions options = default;
        if (syn)
        {
            options.Mss = Coin() ? (ushort)(Half() | 1) : (ushort)0;
            options.WindowScale = (sbyte)(Below(16) - 1);
            options.SackPermitted = Coin();
        }
        else
        {
            for (int i = Below(4); i > 0; i--)
            {
                options.AddSack(new SackBlock(new SequenceNumber((uint)Next()), new SequenceNumber((uint)Next())));
            }
        }

        if (Coin())
        {
            options.HasTimestamps = true;
            options.TsVal = (uint)Next();
            options.TsEcr = (uint)Next();
        }

        if (syn && Coin())
        {
            options.SetFastOpenCookie(Bytes(Coin() ? 0 : 4 + 2 * Below(3)));
            options.FastOpenIsExperimental = Coin();
        }
        else if (syn && Coin())
        {
            options.UserTimeout = Half();
        }

        return options;
    }
}
