namespace SimNet.Scripting.Packetdrill.Syntax;

/// <summary>The headers of encapsulations, which expressions have too: GRE, MPLS, PSP.</summary>
internal sealed partial class ScriptReader
{
    private const string GreForm = "a GRE header is written `flags [key present], sum N, off N, key N, seq N`";

    private GreHeader ReadGreHeader()
    {
        Token word = Peek();
        if (!TryTake("flags"))
        {
            Expect("Flags", GreForm);
        }

        ushort flags = TryTake('[') ? ReadGreFlags() : (ushort)ReadNumber(ushort.MaxValue, "GRE flags", hexadecimal: true);
        ushort sum = (ushort)ReadGreField("sum", ushort.MaxValue);
        ushort offset = (ushort)ReadGreField("off", ushort.MaxValue);
        uint key = (uint)ReadGreField("key", uint.MaxValue);
        uint sequence = (uint)ReadGreField("seq", uint.MaxValue);
        return new GreHeader(word.Position, flags, sum, offset, key, sequence);
    }

    private ulong ReadGreField(string name, ulong limit)
    {
        TryTake(',');
        Expect(name, GreForm);
        if (name == "key")
        {
            TryTake('=');
        }

        return ReadNumber(limit, $"`{name}`", hexadecimal: true);
    }

    private ushort ReadGreFlags()
    {
        int flags = 0;
        do
        {
            Token word = Expect(TokenKind.Word, GreForm);
            int flag = word.Text switch
            {
                "none" => 0,
                "checksum" => GreHeader.ChecksumPresent,
                "key" => GreHeader.KeyPresent,
                "sequence#" => GreHeader.SequencePresent,
                _ => throw Wrong(word, "GRE flags are `none`, `checksum present`, `key present` and `sequence# present`"),
            };
            if (flag != 0)
            {
                Expect("present", $"after `{word.Text}` comes `present`");
            }

            flags |= flag;
        }
        while (TryTake(','));
        Expect(']', GreForm);
        return (ushort)flags;
    }

    private List<MplsEntry> ReadMplsEntries()
    {
        const string form = "an entry of a label stack is written `(label N, tc N, [S], ttl N)`, `[S]` at the bottom only";
        List<MplsEntry> entries = [];
        while (Peek().Is('('))
        {
            Token open = Take();
            Expect("label", form);
            uint label = (uint)ReadNumber(0xF_FFFF, "a label");
            Expect(',', form);
            Expect("tc", form);
            byte trafficClass = (byte)ReadNumber(7, "a traffic class");
            Expect(',', form);
            bool isBottom = TryTake('[');
            if (isBottom)
            {
                Expect("S", form);
                Expect(']', form);
                Expect(',', form);
            }

            Expect("ttl", form);
            byte ttl = (byte)ReadNumber(byte.MaxValue, "a time to live");
            Expect(')', form);
            entries.Add(new MplsEntry(open.Position, label, trafficClass, isBottom, ttl));
        }

        return entries;
    }

    private PspHeader ReadPspHeader()
    {
        Token word = Expect("spi", "a PSP header is written `psp spi N` or `psp spi N, vc N`");
        uint spi = (uint)ReadNumber(uint.MaxValue, "a security parameters index", hexadecimal: true);
        ulong? cookie = null;
        int comma = Peek().Is(',') ? 1 : 0;
        if (Peek(comma).Is("vc") || Peek(comma).Is("vnid"))
        {
            TryTake(',');
            Take();
            cookie = ReadNumber(ulong.MaxValue, "a virtual cookie", hexadecimal: true);
        }

        return new PspHeader(word.Position, spi, cookie);
    }
}
