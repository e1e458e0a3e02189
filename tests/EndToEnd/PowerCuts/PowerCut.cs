namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>What becomes of that which was not flushed.</summary>
internal enum Unflushed
{
    /// <summary>Nothing of it is on the disk.</summary>
    Lost,

    /// <summary>All of it is, as if only the program had ended.</summary>
    Kept,

    /// <summary>Each change is there or not, by itself; some are torn.</summary>
    Mixed,
}

/// <summary>
/// Writes the disk as a power cut leaves it. Cuts of one instance go forwards, because what is durable is built once.
/// </summary>
internal sealed class PowerCut(RecordedDisk disk)
{
    /// <summary>The unit that a disk writes whole.</summary>
    private const int Sector = 512;

    private const double Survives = 0.5;
    private const double Torn = 0.3;

    private readonly Dictionary<DiskFile, DiskImage> _durable = [];
    private readonly DiskImage _state = new();

    /// <param name="cut">The length of the log at the cut.</param>
    /// <param name="unflushed">What becomes of the rest.</param>
    /// <param name="random">Decides where chance is to.</param>
    /// <param name="directory">Emptied before.</param>
    public void Write(long cut, Unflushed unflushed, Random random, string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(directory);
        var (made, durable) = disk.NamesAt(cut);
        var names = unflushed switch
        {
            Unflushed.Lost => durable,
            Unflushed.Kept => made,
            _ => random.Next(durable, made + 1),
        };
        foreach (var (path, node) in disk.Tree(names))
        {
            var full = Path.Combine(directory, path);
            switch (node)
            {
                case DiskFile file:
                    WriteFile(full, Content(file, cut, unflushed, random));
                    break;
                case string target:
                    File.CreateSymbolicLink(full, target);
                    break;
                default:
                    Directory.CreateDirectory(
                        full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                    break;
            }
        }
    }

    private static void WriteFile(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(bytes);
    }

    private ReadOnlySpan<byte> Content(DiskFile file, long cut, Unflushed unflushed, Random random)
    {
        var (made, durable) = file.At(cut);
        if (!_durable.TryGetValue(file, out var image))
        {
            _durable[file] = image = new DiskImage();
        }

        for (; image.Applied < durable; image.Applied++)
        {
            image.Apply(file.Changes[image.Applied]);
        }

        if (made == durable || unflushed == Unflushed.Lost)
        {
            return image.Bytes;
        }

        _state.Take(image);
        for (var at = durable; at < made; at++)
        {
            if (unflushed == Unflushed.Kept)
            {
                _state.Apply(file.Changes[at]);
            }
            else if (random.NextDouble() < Survives)
            {
                ApplyMaybeTorn(file.Changes[at], random);
            }
        }

        return _state.Bytes;
    }

    private void ApplyMaybeTorn(DiskRecord change, Random random)
    {
        var first = ((change.Position / Sector) + 1) * Sector;
        var boundaries = (change.Position + change.Data.Length - first + Sector - 1) / Sector;
        if (change.Kind != 'W' || boundaries <= 0 || random.NextDouble() >= Torn)
        {
            _state.Apply(change);
            return;
        }

        var head = (int)(first + (random.NextInt64(boundaries) * Sector) - change.Position);
        if (random.Next(2) == 0)
        {
            _state.Put((int)change.Position, change.Data.Span[..head]);
        }
        else
        {
            _state.Put((int)change.Position + head, change.Data.Span[head..]);
        }
    }
}
