using System.Collections.Immutable;
using Edge.Agent.Ledger;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Local;

/// <summary>
/// The pods of the manifest directory (the kubelet's <c>staticPodPath</c>): run with no server at all. The files are
/// read again when their times or sizes change, and the directory is listed only when its own time does, so that an
/// idle node neither reads nor touches the disk. A file that cannot be read leaves its pods as they were.
/// </summary>
internal sealed class StaticPods(string directory, string node, NodeLedger ledger, TimeProvider clock, ILogger logger)
{
    /// <summary>More than a node runs.</summary>
    private const int FilesMax = 128;

    /// <summary>As often as a person can wait; each look is a few calls of stat.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    /// <summary>A file that just changed may not be written to its end: it is taken once it stayed so long.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, StaticFile> _files = [];
    private IReadOnlyList<string> _listing = [];

    /// <summary>
    /// The directory's time at the last two listings: a change within one tick of it shows in the second.
    /// </summary>
    private (DateTime Last, DateTime BeforeLast) _listedAt;

    private volatile IReadOnlyList<string> _errors = [];

    /// <summary>What is wrong with the files now, each with its path.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Reads everything at once, before any pod is decided on: a pod that is not named ends.</summary>
    /// <exception cref="IOException">The directory is there and cannot be read.</exception>
    public void Load()
    {
        foreach (var path in List())
        {
            Take(path, Stamp(path));
        }

        Publish();
    }

    /// <param name="changed">Called after the pods changed.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task Run(Action changed, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(LookEvery, clock, cancellation);
            while (IsUnsettled())
            {
                await Task.Delay(Settle, clock, cancellation);
            }

            if (Look())
            {
                changed();
            }
        }
    }

    /// <summary>Whether anything changed since the last look; takes in what did.</summary>
    internal bool Look()
    {
        try
        {
            var (changed, present) = (false, List());
            foreach (var path in present)
            {
                var stamp = Stamp(path);
                if (!_files.TryGetValue(path, out var known) || known.Stamp != stamp)
                {
                    Take(path, stamp);
                    changed = true;
                }
            }

            foreach (var path in _files.Keys.Except(present).ToList())
            {
                _files.Remove(path);
                changed = true;
            }

            return changed && Publish();
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            LocalLog.DirectoryUnread(logger, directory, unread.Message);
            return false;
        }
    }

    /// <summary>A file changed since the last time this was asked.</summary>
    private bool IsUnsettled()
    {
        var unsettled = false;
        try
        {
            foreach (var path in List())
            {
                var stamp = Stamp(path);
                var known = _files.GetValueOrDefault(path);
                unsettled |= stamp != known?.Stamp && stamp != known?.Seen;
                _files[path] = (known ?? StaticFile.Unread) with { Seen = stamp };
            }
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return unsettled;
    }

    /// <summary>The files of the directory, in order; those of the last listing while its own time stands.</summary>
    private IReadOnlyList<string> List()
    {
        if (!Directory.Exists(directory))
        {
            (_listing, _listedAt) = ([], default);
            return _listing;
        }

        var at = Directory.GetLastWriteTimeUtc(directory);
        if (_listedAt != (at, at))
        {
            _listing = Directory.GetFiles(directory).Where(path => Path.GetFileName(path)[0] != '.')
                .Order(StringComparer.Ordinal).Take(FilesMax).ToList();
            _listedAt = (at, _listedAt.Last);
        }

        return _listing;
    }

    private static FileStamp Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
    }

    private void Take(string path, FileStamp stamp)
    {
        var known = _files.GetValueOrDefault(path) ?? StaticFile.Unread;
        var read = Read(path, stamp);
        if (read.Errors.Count > 0)
        {
            LocalLog.FileRefused(logger, path, string.Join("; ", read.Errors));
        }

        var pods = new List<KeyValuePair<string, byte[]>>();
        foreach (var manifest in read.Manifests)
        {
            pods.Add(LocalPods.OfFile(manifest, path, node));
        }

        _files[path] = new StaticFile(stamp, stamp, read.Errors.Count > 0 ? known.Pods : pods, read.Errors);
    }

    private static ManifestFile Read(string path, FileStamp stamp)
    {
        if (stamp.Bytes > ManifestReader.BytesMax)
        {
            return new ManifestFile([], [$"it is larger than {ManifestReader.BytesMax} bytes"]);
        }

        try
        {
            var file = ManifestReader.Read(File.ReadAllText(path));
            return file.Manifests.FirstOrDefault(manifest => manifest.Pod is null) is { } other
                ? new ManifestFile([], [$"{other.Shown}: a static manifest holds pods only"])
                : file;
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return new ManifestFile([], [unread.Message]);
        }
    }

    /// <summary>False when the pods are what they were.</summary>
    private bool Publish()
    {
        var pods = ImmutableDictionary.CreateBuilder<string, byte[]>();
        var errors = new List<string>();
        foreach (var path in _files.Keys.Order(StringComparer.Ordinal))
        {
            foreach (var (key, pod) in _files[path].Pods)
            {
                pods[key] = pod;
            }

            errors.AddRange(_files[path].Errors.Select(error => $"{path}: {error}"));
        }

        _errors = errors;
        var before = ledger.Static;
        if (pods.Count == before.Count && pods.Keys.All(before.ContainsKey))
        {
            return false;
        }

        LocalLog.StaticPods(logger, pods.Count, directory);
        ledger.SetStatic(pods.ToImmutable());
        return true;
    }

    /// <summary>Enough to tell that a file is another than it was.</summary>
    private readonly record struct FileStamp(DateTime WrittenAt, long Bytes);

    /// <summary>What was read of a file, at which stamp, and the stamp it had at the last glance.</summary>
    private sealed record StaticFile(
        FileStamp? Stamp, FileStamp? Seen, List<KeyValuePair<string, byte[]>> Pods,
        IReadOnlyList<string> Errors)
    {
        public static StaticFile Unread { get; } = new(null, null, [], []);
    }
}
