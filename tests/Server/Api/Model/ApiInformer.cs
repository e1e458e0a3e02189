using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api.Model;

/// <summary>How an informer learns what is there: by pages, or by a watch that begins with it.</summary>
internal enum FirstLook
{
    Pages,
    InitialEvents,
}

/// <summary>
/// Lists, watches, and begins again where it was, as client-go's reflector does; every event must fit what it knows.
/// </summary>
internal sealed class ApiInformer(HttpClient client, string collection, string selector, FirstLook look, Random random)
{
    /// <summary>Ends the run when it is seen.</summary>
    public const string Last = "last";

    private const string EndOfInitialEvents = "k8s.io/initial-events-end";

    private readonly SortedDictionary<string, long> _known = new(StringComparer.Ordinal);
    private readonly List<Coverage> _covered = [];
    private long? _revision;

    /// <summary>What it believes is there.</summary>
    public IReadOnlyDictionary<string, long> Known => _known;

    /// <summary>What it heard without a break: events after <c>From</c>, up to <c>To</c>.</summary>
    public IReadOnlyList<Coverage> Covered => _covered;

    public int Bookmarks { get; private set; }

    public int Expired { get; private set; }

    public async Task Run()
    {
        while (!_known.ContainsKey(Last))
        {
            try
            {
                if (_revision is null && look == FirstLook.Pages)
                {
                    await ListPages();
                    continue;
                }

                await Watch();
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                // The server is restarting. What was seen is seen; half a first look is nothing.
                _revision = _covered.Count > 0 && _covered[^1].IsOpen ? _revision : null;
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private async Task ListPages()
    {
        var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var (moment, token) = ("", "");
        do
        {
            using var response = await client.GetAsync(
                $"{collection}?limit={random.Next(1, 4)}&labelSelector={selector}&continue={token}");
            if (response.StatusCode is HttpStatusCode.Gone or HttpStatusCode.ServiceUnavailable)
            {
                return;
            }

            var page = await ApiFixture.Body(response.EnsureSuccessStatusCode());
            var metadata = page["metadata"]!;
            moment = moment.Length == 0 ? (string)metadata["resourceVersion"]! : moment;
            Assert.Equal(moment, (string?)metadata["resourceVersion"]);
            foreach (var item in page["items"]!.AsArray())
            {
                Assert.True(found.TryAdd(Name(item!), Revision(item!)), "a page repeats an object");
            }

            token = (string?)metadata["continue"] ?? "";
        }
        while (token.Length > 0);

        Assert.All(found.Values, revision => Assert.True(revision <= long.Parse(moment), "newer than its page"));
        Begin(found, long.Parse(moment));
    }

    private async Task Watch()
    {
        var from = _revision is null
            ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            : $"resourceVersion={_revision}";
        // Some watches are given up early, so that going on where one was is done often.
        var events = random.Next(3) == 0 ? random.Next(1, 30) : int.MaxValue;
        using var response = await client.GetAsync(
            $"{collection}?watch=true&allowWatchBookmarks=true&labelSelector={selector}&{from}",
            HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return;
        }

        using var lines = new StreamReader(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        var first = _revision is null ? new SortedDictionary<string, long>(StringComparer.Ordinal) : null;
        while (!_known.ContainsKey(Last) && events-- > 0 && await lines.ReadLineAsync() is { } line)
        {
            var change = JsonNode.Parse(line)!;
            var (type, obj) = ((string)change["type"]!, change["object"]!);
            if (type == "ERROR")
            {
                Assert.Equal(410, (int)obj["code"]!);
                Expired++;
                _revision = null;
                return;
            }

            if (first is null)
            {
                Apply(type, obj);
            }
            else if (type == "BOOKMARK")
            {
                Assert.Equal("true", (string?)obj["metadata"]!["annotations"]![EndOfInitialEvents]);
                Begin(first, Revision(obj));
                first = null;
            }
            else
            {
                Assert.Equal("ADDED", type);
                Assert.True(first.TryAdd(Name(obj), Revision(obj)), "an initial event comes twice");
            }
        }
    }

    private void Begin(SortedDictionary<string, long> found, long revision)
    {
        _covered.ForEach(coverage => coverage.IsOpen = false);
        _covered.Add(new Coverage(revision));
        _known.Clear();
        foreach (var (name, at) in found)
        {
            _known.Add(name, at);
        }

        _revision = revision;
    }

    private void Apply(string type, JsonNode obj)
    {
        var revision = Revision(obj);
        if (type == "BOOKMARK")
        {
            Assert.True(revision >= _revision, $"a bookmark of {revision} after {_revision}");
            Bookmarks++;
        }
        else
        {
            Assert.True(revision > _revision, $"{type} of {revision} after {_revision}");
            var name = Name(obj);
            var known = _known.GetValueOrDefault(name);
            Assert.Equal(type == "ADDED", known == 0);
            // Says which revision it replaced: an event between the two would have been lost.
            if (type == "MODIFIED" && (string?)obj["data"]?["base"] is { Length: > 0 } replaced)
            {
                Assert.Equal(replaced, $"{known}");
            }

            _known[name] = revision;
            if (type == "DELETED")
            {
                _known.Remove(name);
            }

            _covered[^1].Events.Add(revision);
        }

        _revision = revision;
        _covered[^1].To = revision;
    }

    private static string Name(JsonNode obj) => (string)obj["metadata"]!["name"]!;

    private static long Revision(JsonNode obj) => long.Parse((string)obj["metadata"]!["resourceVersion"]!);

    /// <summary>A stretch of revisions that was watched without a break.</summary>
    internal sealed class Coverage(long from)
    {
        public long From { get; } = from;

        public long To { get; set; } = from;

        public bool IsOpen { get; set; } = true;

        public HashSet<long> Events { get; } = [];
    }
}
