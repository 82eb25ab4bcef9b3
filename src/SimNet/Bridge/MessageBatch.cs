using System.Runtime.InteropServices;
using SimNet.Bridge.Native;

namespace SimNet.Bridge;

/// <summary>Memory outside of the managed heap for the messages of one recvmmsg(2) or sendmmsg(2), each in one piece.</summary>
internal sealed unsafe class MessageBatch : IDisposable
{
    private readonly Libc.Message* _messages;
    private readonly Libc.Part* _parts;
    private byte* _bytes;

    /// <param name="count">Messages.</param>
    /// <param name="capacity">Of each, in bytes. Memory is taken only as far as it is written to.</param>
    public MessageBatch(int count, int capacity)
    {
        Count = count;
        Capacity = capacity;
        _messages = (Libc.Message*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(Libc.Message));
        _parts = (Libc.Part*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(Libc.Part));
        _bytes = (byte*)NativeMemory.Alloc((nuint)count, (nuint)capacity);
        for (int i = 0; i < count; i++)
        {
            _parts[i] = new Libc.Part { Start = _bytes + (nint)i * capacity, Length = (nuint)capacity };
            _messages[i] = new Libc.Message { Parts = _parts + i, PartCount = 1 };
        }
    }

    public int Count { get; }

    public int Capacity { get; }

    public Libc.Message* this[int index] => _messages + index;

    /// <summary>A message's whole room.</summary>
    public Span<byte> Room(int index) => new(_parts[index].Start, Capacity);

    /// <summary>How much of it is to be sent.</summary>
    public void SetLength(int index, int length) => _parts[index].Length = (nuint)length;

    public void Dispose()
    {
        if (_bytes != null)
        {
            NativeMemory.Free(_bytes);
            NativeMemory.Free(_parts);
            NativeMemory.Free(_messages);
            _bytes = null;
        }
    }
}
