using System.Numerics;

namespace SimStack.Ip;

/// <summary>Buffers for fragments, by powers of two from 512 bytes on; a limited amount is kept for reuse.</summary>
internal sealed class FragmentPool
{
    private const int Smallest = 512;
    private const int Sizes = 9;
    private const int MaxKept = 1 << 20;
    private readonly Fragment?[] _free = new Fragment?[Sizes];
    private int _kept;

    /// <summary>A copy of a fragment's headers and data.</summary>
    internal Fragment Copy(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> data, int offset)
    {
        Fragment fragment = Rent(headers.Length + data.Length);
        headers.CopyTo(fragment.Buffer);
        data.CopyTo(fragment.Buffer.AsSpan(headers.Length));
        fragment.HeaderLength = headers.Length;
        fragment.DataLength = data.Length;
        fragment.Offset = offset;
        fragment.Next = null;
        return fragment;
    }

    internal void Return(Fragment fragment)
    {
        if (_kept + fragment.MemorySize > MaxKept)
        {
            return;
        }

        _kept += fragment.MemorySize;
        ref Fragment? head = ref _free[SizeOf(fragment.Buffer.Length)];
        fragment.Next = head;
        head = fragment;
    }

    private Fragment Rent(int length)
    {
        int size = SizeOf(length);
        if (_free[size] is not { } fragment)
        {
            return new Fragment(Smallest << size);
        }

        _free[size] = fragment.Next;
        _kept -= fragment.MemorySize;
        return fragment;
    }

    private static int SizeOf(int length) => Math.Max(0, BitOperations.Log2((uint)Math.Max(length, 1) * 2 - 1) - BitOperations.Log2(Smallest));
}
