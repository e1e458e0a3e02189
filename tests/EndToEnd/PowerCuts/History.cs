namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// What writers asked for and what was acknowledged, each with the length of the recording at that moment. One key has
/// one writer, whose writes follow each other.
/// </summary>
internal sealed class History
{
    private const long Never = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Written>> _keys = [];
    private readonly List<(long Acknowledged, long Revision)> _revisions = [];

    /// <param name="Begun">The recording's length before the write was asked for.</param>
    /// <param name="Acknowledged">Its length once the answer was there, or <see cref="Never"/>.</param>
    /// <param name="Text">Null for a deletion.</param>
    /// <param name="Revision">0 where the answer tells none.</param>
    private readonly record struct Written(long Begun, long Acknowledged, string? Text, long Revision);

    /// <summary>The lengths at which something was acknowledged: the sharpest moments to cut.</summary>
    public IReadOnlyList<long> Acknowledgements
    {
        get
        {
            lock (_gate)
            {
                return [.. _revisions.Select(entry => entry.Acknowledged)];
            }
        }
    }

    /// <summary>A write is asked for, and may happen from now on.</summary>
    public void Begin(string key, string? text, long length)
    {
        lock (_gate)
        {
            if (!_keys.TryGetValue(key, out var all))
            {
                _keys[key] = all = [];
            }

            all.Add(new Written(length, Never, text, 0));
        }
    }

    /// <summary>The write that was begun last for this key is acknowledged.</summary>
    public void Acknowledge(string key, long revision, long length)
    {
        lock (_gate)
        {
            var all = _keys[key];
            all[^1] = all[^1] with { Acknowledged = length, Revision = revision };
            _revisions.Add((length, revision));
        }
    }

    /// <summary>A revision was handed out for something that a power cut may take.</summary>
    public void Show(long revision, long length)
    {
        lock (_gate)
        {
            _revisions.Add((length, revision));
        }
    }

    /// <summary>
    /// What had begun by then, as a history that goes on from there; revisions that were seen stay seen.
    /// </summary>
    public History Until(long length)
    {
        lock (_gate)
        {
            var copy = new History();
            copy._revisions.AddRange(_revisions);
            foreach (var (key, all) in _keys)
            {
                copy._keys[key] = [.. all.Where(written => written.Begun < length)];
            }

            return copy;
        }
    }

    /// <summary>What a disk after a cut has not, or has and must not have; empty when all is well.</summary>
    /// <param name="cut">The recording's length at the cut.</param>
    /// <param name="found">The text and the revision of each key, as the program reads them from that disk.</param>
    /// <param name="revision">The revision that the program goes on from.</param>
    public IEnumerable<string> Faults(
        long cut, IReadOnlyDictionary<string, (string Text, long Revision)> found, long revision)
    {
        foreach (var (key, all) in _keys)
        {
            var newest = all.FindLastIndex(written => written.Acknowledged <= cut);
            var allowed = all.Skip(Math.Max(newest, 0)).Where(written => written.Begun <= cut);
            var there = found.TryGetValue(key, out var value);
            // Nothing acknowledged yet: its absence is as good as whatever was begun.
            if ((newest >= 0 || there) && !allowed.Any(written => Fits(written, there ? value : null)))
            {
                yield return $"{key}: {(there ? $"\"{Start(value.Text)}\" at {value.Revision}" : "absent")} instead of "
                    + string.Join(" or ", all.Skip(Math.Max(newest, 0)).Take(2).Select(
                        written => $"\"{Start(written.Text)}\" at {written.Revision}"));
            }
        }

        foreach (var key in found.Keys.Where(key => !_keys.ContainsKey(key)))
        {
            yield return $"{key} comes from nowhere";
        }

        var seen = _revisions.Where(entry => entry.Acknowledged <= cut).Select(entry => entry.Revision)
            .DefaultIfEmpty(0).Max();
        if (revision <= seen)
        {
            yield return $"goes on from revision {revision}, and {seen} was given out";
        }
    }

    private static bool Fits(Written written, (string Text, long Revision)? found) =>
        written.Text == found?.Text
        && (found is null || written.Revision == 0 || written.Revision == found.Value.Revision);

    private static string Start(string? text) => text is null ? "absent" : text[..Math.Min(text.Length, 40)];
}
