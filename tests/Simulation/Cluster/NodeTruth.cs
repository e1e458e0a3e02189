using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>What a node has had of each value, and when it last heard of the server.</summary>
internal sealed class NodeTruth
{
    private readonly Dictionary<string, long> _newest = [];
    private readonly HashSet<string> _gone = [];
    private ImmutableDictionary<string, byte[]> _had = ImmutableDictionary<string, byte[]>.Empty;
    private bool _counts = true;

    /// <summary>World time of the first hello (0) or the heartbeat of a session.</summary>
    private readonly Dictionary<(ulong Session, ulong Number), long> _sent = [];

    /// <summary>Silences that ended, by how long they were: world time of their end.</summary>
    private readonly List<(long Length, long End)> _silences = [];

    private ulong _session;

    /// <summary>World time; when the last message was sent that was answered.</summary>
    private long _answered;

    /// <summary>The newest count of itself that the server stored.</summary>
    public int SaidStored { get; set; }

    public void Sent(ulong session, ulong number, long now)
    {
        _session = session;
        _sent.TryAdd((session, number), now);
    }

    /// <summary>The answer to that came. One of an earlier session says nothing to the agent any more.</summary>
    public void Heard(ulong session, ulong number, long now)
    {
        if (session != _session || !_sent.TryGetValue((session, number), out var sent) || sent <= _answered)
        {
            return;
        }

        if (now - _answered > TimeSpan.TicksPerMinute)
        {
            _silences.Add((now - _answered, now));
        }

        _answered = sent;
        if (_sent.Count > 1000)
        {
            _sent.Clear();
        }
    }

    /// <summary>Whether a silence of this length is, or ended since then.</summary>
    public bool WasCutOff(TimeSpan length, long since, long now) =>
        now - _answered >= length.Ticks
        || _silences.Exists(silence => silence.Length >= length.Ticks && silence.End >= since);

    /// <summary>It has heard of the store that is there now.</summary>
    public bool FollowsPresent => _counts;

    /// <summary>What is there now may be older than what was there before: until the new server says hello.</summary>
    public void Restored()
    {
        _counts = false;
        SaidStored = 0;
    }

    /// <summary>A server of the present store opened a session.</summary>
    public void Welcomed()
    {
        if (!_counts)
        {
            _counts = true;
            _newest.Clear();
            _gone.Clear();
        }
    }

    /// <summary>What is wrong with a commit of desired; null when nothing is.</summary>
    public string? Committed(ImmutableDictionary<string, byte[]> desired)
    {
        string? wrong = null;
        foreach (var key in _had.Keys)
        {
            if (!desired.ContainsKey(key) && key.StartsWith("pods/", StringComparison.Ordinal))
            {
                _gone.Add(key);
            }
        }

        foreach (var (key, value) in desired)
        {
            if (_had.TryGetValue(key, out var before) && ReferenceEquals(before, value))
            {
                continue;
            }

            var version = VersionOf(key, value);
            wrong ??= !_counts ? null
                : _gone.Contains(key) ? $"{key} came back"
                : _newest.GetValueOrDefault(key) > version ? $"{key} went from {_newest[key]} back to {version}"
                : null;
            _newest[key] = version;
        }

        _had = desired;
        return wrong;
    }

    private static long VersionOf(string key, byte[] value)
    {
        var tree = JsonNode.Parse(value)!;
        return key.StartsWith("pods/", StringComparison.Ordinal) ? tree["metadata"]!["generation"]!.GetValue<long>()
            : key == "node" ? Number(tree["labels"]?[ClusterTruth.SaidLabel])
            : Number(tree["data"]?["n"]);
    }

    private static long Number(JsonNode? text) =>
        text is null ? 0 : long.Parse(text.GetValue<string>(), CultureInfo.InvariantCulture);
}
