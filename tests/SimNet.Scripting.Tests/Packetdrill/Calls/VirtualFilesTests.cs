using SimNet.Scripting.Packetdrill.Calls;

namespace SimNet.Scripting.Tests.Packetdrill.Calls;

public sealed class VirtualFilesTests
{
    [Fact]
    public void Zeros_take_no_memory_and_other_bytes_stay()
    {
        VirtualFile file = new();
        file.SetLength(1L << 40);
        Assert.True(file.TryWrite(100, [1, 2, 3]));
        Assert.True(file.TryWrite(101, [0]));
        Assert.False(file.TryWrite(1L << 39, [1]));
        Assert.True(file.TryWrite(1L << 41, [0]));
        Assert.Equal((1L << 41) + 1, file.Length);
        byte[] got = [9, 9, 9, 9, 9];
        Assert.Equal(5, file.Read(99, got));
        Assert.Equal([0, 1, 0, 3, 0], got);
        Assert.Equal(1, file.Read(1L << 41, got));
        Assert.Equal(0, file.Read(1L << 42, got));
        file.SetLength(102);
        file.SetLength(200);
        file.Read(100, got);
        Assert.Equal([1, 0, 0, 0, 0], got);
    }

    [Theory]
    [InlineData("/tmp/a", "/tmp/a")]
    [InlineData("tmp//a/", "/tmp/a")]
    [InlineData("/tmp/../../x/./y", "/x/y")]
    public void A_file_has_one_name(string written, string name) => Assert.Equal(name, VirtualFiles.Normalize(written));

    [Fact]
    public void Names_come_and_go()
    {
        VirtualFiles files = new();
        VirtualFile file = files.Create("/tmp/b");
        Assert.Same(file, files.Create("/tmp/./b"));
        files.Create("/a");
        Assert.Equal(["/a", "/tmp/b"], files.Names);
        Assert.True(files.Remove("tmp/b"));
        Assert.False(files.Remove("tmp/b"));
        Assert.Null(files.Find("/tmp/b"));
    }
}
