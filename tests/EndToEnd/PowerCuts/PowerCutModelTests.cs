using System.Buffers.Binary;
using System.Text;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>What a power cut takes and what not, on recordings of a few steps.</summary>
public sealed class PowerCutModelTests : IDisposable
{
    private const ulong First = 7;
    private const ulong Second = 8;

    private readonly MemoryStream _log = new();
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("edge-cut-model-");

    [Fact]
    public void What_was_flushed_stays_and_what_was_not_may_go_or_be_torn()
    {
        Step('C', First, path: "/d/file");
        Step('W', First, data: new string('a', 2000));
        Step('S', First, position: _log.Length);
        Step('D', position: _log.Length, path: "/d");
        Step('W', First, position: 1000, data: new string('b', 2000));

        Assert.Equal(new string('a', 2000), Cut(Unflushed.Lost)["file"]);
        Assert.Equal(new string('a', 1000) + new string('b', 2000), Cut(Unflushed.Kept)["file"]);
        var mixed = Enumerable.Range(0, 200).Select(seed => Cut(Unflushed.Mixed, seed)["file"]).ToHashSet();
        Assert.Contains(new string('a', 2000), mixed);
        Assert.Contains(new string('a', 1000) + new string('b', 24) + new string('a', 976), mixed);
        Assert.Contains(new string('a', 1024) + new string('b', 1976), mixed);
        Assert.All(mixed, text => Assert.StartsWith(new string('a', 1000), text));
    }

    [Fact]
    public void A_flush_covers_what_was_written_before_it_began()
    {
        Step('C', First, path: "/d/file");
        Step('D', position: _log.Length, path: "/d");
        Step('W', First, data: "old");
        var begun = _log.Length;
        Step('W', First, data: "new");
        Step('S', First, position: begun);

        Assert.Equal("old", Cut(Unflushed.Lost)["file"]);
    }

    [Fact]
    public void Names_go_backwards_in_their_order_until_their_directory_is_flushed()
    {
        Step('C', First, path: "/d/file");
        Step('W', First, data: "old");
        Step('S', First, position: _log.Length);
        Step('D', position: _log.Length, path: "/d");
        Step('C', Second, path: "/d/file.new");
        Step('W', Second, data: "new");
        Step('S', Second, position: _log.Length);
        Step('R', path: "/d/file.new", data: "/d/file");
        Step('M', path: "/d/below");

        Assert.Equal([("file", "old")], Cut(Unflushed.Lost).Select(pair => (pair.Key, pair.Value)));
        Assert.Equal("new", Cut(Unflushed.Kept)["file"]);
        for (var seed = 0; seed < 50; seed++)
        {
            var disk = Cut(Unflushed.Mixed, seed);
            Assert.Contains(disk["file"], (string[])["old", "new"]);
            Assert.True(disk["file"] == "new" || !disk.ContainsKey("below"), "a later name without the one before");
        }

        Step('D', position: _log.Length, path: "/d");
        Assert.Equal("new", Cut(Unflushed.Lost)["file"]);
    }

    [Fact]
    public void A_number_that_a_new_file_gets_again_is_another_file()
    {
        Step('C', First, path: "/d/journal");
        Step('W', First, data: "journal");
        Step('S', First, position: _log.Length);
        Step('U', path: "/d/journal");
        Step('C', First, path: "/d/log");
        Step('D', position: _log.Length, path: "/d");

        Assert.Equal([("log", "")], Cut(Unflushed.Lost).Select(pair => (pair.Key, pair.Value)));
    }

    public void Dispose()
    {
        _log.Dispose();
        _scratch.Delete(recursive: true);
    }

    private void Step(char kind, ulong inode = 0, long position = 0, string path = "", string data = "")
    {
        Span<byte> head = stackalloc byte[32];
        BinaryPrimitives.WriteInt32LittleEndian(head, head.Length + path.Length + data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], kind);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], inode);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], position);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], path.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], data.Length);
        _log.Write(head);
        _log.Write(Encoding.ASCII.GetBytes(path + data));
    }

    private Dictionary<string, string> Cut(Unflushed unflushed, int seed = 0)
    {
        new PowerCut(new RecordedDisk(_log.ToArray(), "/d")).Write(
            _log.Length, unflushed, new Random(seed), _scratch.FullName);
        return _scratch.EnumerateFileSystemInfos().ToDictionary(
            entry => entry.Name, entry => entry is FileInfo ? File.ReadAllText(entry.FullName) : "directory");
    }
}
