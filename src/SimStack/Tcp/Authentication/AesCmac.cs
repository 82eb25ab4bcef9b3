using System.Security.Cryptography;

namespace SimStack.Tcp.Authentication;

/// <summary>AES-CMAC (RFC 4493) by one key, without allocating for a message.</summary>
internal sealed class AesCmac
{
    public const int BlockLength = 16;

    private readonly ICryptoTransform _cbc;
    private readonly byte[] _k1 = new byte[BlockLength];
    private readonly byte[] _k2 = new byte[BlockLength];
    private readonly byte[] _chained = new byte[BlockLength];

    /// <param name="key">16, 24 or 32 bytes.</param>
    public AesCmac(byte[] key)
    {
        using Aes aes = Aes.Create();
        aes.Key = key;
        aes.IV = new byte[BlockLength];
        aes.Mode = CipherMode.CBC;
        aes.Padding = PaddingMode.None;
        _cbc = aes.CreateEncryptor();

        // §2.3, Generate_Subkey: of the block of zeros enciphered.
        _cbc.TransformBlock(_k1, 0, BlockLength, _chained, 0);
        _chained.CopyTo(_k1, 0);
        Double(_k1);
        _k1.CopyTo(_k2, 0);
        Double(_k2);
    }

    /// <summary>The message authentication code of the buffer's first bytes, which are used up.</summary>
    /// <param name="buffer">The message; a whole number of blocks long, at least one, for the padding.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="mac">16 bytes.</param>
    public void Compute(byte[] buffer, int length, Span<byte> mac)
    {
        int padded = Math.Max(BlockLength, length + BlockLength - 1 & -BlockLength);
        Span<byte> last = buffer.AsSpan(padded - BlockLength, BlockLength);
        if (padded == length)
        {
            Xor(last, _k1);
        }
        else
        {
            buffer.AsSpan(length, padded - length).Clear();
            buffer[length] = 0x80;
            Xor(last, _k2);
        }

        // The cipher goes on from the block it gave last; that taken off, it begins at zeros as RFC 4493 §2.4 has it.
        Xor(buffer, _chained);
        _cbc.TransformBlock(buffer, 0, padded, buffer, 0);
        last.CopyTo(_chained);
        last.CopyTo(mac);
    }

    // A shift to the left, in the field of 2^128 elements.
    private static void Double(byte[] block)
    {
        int carry = 0;
        for (int i = BlockLength - 1; i >= 0; i--)
        {
            int shifted = block[i] << 1 | carry;
            block[i] = (byte)shifted;
            carry = shifted >> 8;
        }

        block[BlockLength - 1] ^= (byte)(carry * 0x87);
    }

    private static void Xor(Span<byte> block, ReadOnlySpan<byte> other)
    {
        for (int i = 0; i < BlockLength; i++)
        {
            block[i] ^= other[i];
        }
    }
}
