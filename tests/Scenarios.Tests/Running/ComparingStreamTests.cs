using Scenarios.Running;

namespace Scenarios.Tests.Running;

/// <summary>The stream behind <c>--verify</c> finds the first byte that differs.</summary>
public sealed class ComparingStreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("abcdef", "abcdef", null)]
    [InlineData("abcdef", "abXdef", 2L)]
    [InlineData("abcdef", "abcdefg", 6L)]
    [InlineData("abcdef", "abcde", 5L)]
    [InlineData("abcdef", "", 0L)]
    [InlineData("", "", null)]
    public void TheFirstDifferenceIsFound(string expected, string written, long? difference)
    {
        var stream = new ComparingStream(_folder.Write("first", expected));
        foreach (string part in written.Chunk(4).Select(c => new string(c)))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(part));
        }

        stream.Dispose();
        Assert.Equal(difference, stream.FirstDifference);
    }

    [Fact]
    public void LongStreamsAreComparedToTheEnd()
    {
        byte[] bytes = new byte[300_000];
        File.WriteAllBytes(_folder["long"], bytes);
        bytes[^1] = 1;
        var stream = new ComparingStream(_folder["long"]);
        stream.Write(bytes);
        stream.Dispose();
        Assert.Equal(299_999, stream.FirstDifference);
    }
}
