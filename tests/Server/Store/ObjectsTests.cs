using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

/// <summary>New objects and the namespaces they go into.</summary>
public sealed class ObjectsTests : IAsyncDisposable
{
    private static readonly ConfigMap _map = new() { Metadata = new ObjectMeta { Namespace = "ns", Name = "a" } };

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;

    public ObjectsTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_namespace_that_changed_since_it_was_looked_at_takes_no_new_object()
    {
        await PutNamespace("");
        var open = _objects.OpenNamespace("ns")!.Value;
        await PutNamespace(",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"");

        Assert.Equal(CreateOutcome.Overtaken, await _objects.Create(Resources.ConfigMaps, _map, [open], default));
        Assert.Null(_fixture.Store.Get(Resources.ConfigMaps.KeyOf("ns", "a")));
        Assert.Null(_objects.OpenNamespace("ns"));
        Assert.Null(_objects.OpenNamespace("absent"));
    }

    [Fact]
    public async Task A_name_that_is_taken_is_told_from_a_namespace_that_changed()
    {
        await PutNamespace("");
        var open = _objects.OpenNamespace("ns")!.Value;
        Assert.Equal(CreateOutcome.Created, await _objects.Create(Resources.ConfigMaps, _map, [open], default));
        Assert.Equal(CreateOutcome.AlreadyExists, await _objects.Create(Resources.ConfigMaps, _map, [open], default));
    }

    [Fact]
    public async Task An_event_is_written_only_where_its_namespace_takes_new_objects()
    {
        var events = new EventRecorder(_objects, _fixture.Clock);
        await PutNamespace(",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"");
        await Tell();
        Assert.Empty(_objects.List(Resources.Events));

        await PutNamespace("");
        await Tell();
        await Tell();
        Assert.Equal(2, Assert.Single(_objects.List(Resources.Events)).Count);

        Task Tell() => events.Record(
            new EventNote(new ObjectReference { Kind = "Pod", Namespace = "ns", Name = "web" }, EventNote.Normal,
                "Seen", "it was seen"),
            "test", host: null, times: 1, default);
    }

    [Fact]
    public async Task An_event_finds_its_like_beside_those_of_an_object_with_a_longer_name()
    {
        var events = new EventRecorder(_objects, _fixture.Clock);
        await PutNamespace("");
        await Tell("web", "Seen");
        for (var number = 0; number < 64; number++)
        {
            await Tell("web.x", $"More{number}");
        }

        await Tell("web", "Seen");
        Assert.Equal(2, _objects.List(Resources.Events).Single(told => told.Reason == "Seen").Count);

        Task Tell(string name, string reason) => events.Record(
            new EventNote(new ObjectReference { Kind = "Pod", Namespace = "ns", Name = name }, EventNote.Normal,
                reason, "it was seen"),
            "test", host: null, times: 1, default);
    }

    [Fact]
    public async Task Events_of_one_second_are_listed_in_the_order_in_which_they_were_told()
    {
        var events = new EventRecorder(_objects, _fixture.Clock);
        await PutNamespace("");
        string[] reasons = ["Scheduled", "Pulling", "Pulled", "Created", "Started"];
        foreach (var reason in reasons)
        {
            await Tell(reason);
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await Tell("Pulled");
        var listed = _objects.List(Resources.Events).ToList();
        Assert.Equal(reasons, listed.Select(told => told.Reason));
        Assert.Equal([1, 1, 2, 1, 1], listed.Select(told => told.Count));
        Assert.Matches("^web\\.[0-9a-f]{32}$", listed[0].Metadata.Name);

        // Only the newest ones are looked through.
        for (var number = 0; number < 64; number++)
        {
            await Tell($"More{number}");
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await Tell("More0");
        Assert.Equal(2, _objects.List(Resources.Events).Single(told => told.Reason == "More0").Count);
        await Tell("Started");
        Assert.Equal([1, 1], _objects.List(Resources.Events).Where(told => told.Reason == "Started")
            .Select(told => told.Count));

        Task Tell(string reason) => events.Record(
            new EventNote(new ObjectReference { Kind = "Pod", Namespace = "ns", Name = "web" }, EventNote.Normal,
                reason, "it was seen"),
            "test", host: null, times: 1, default);
    }

    private Task<long> PutNamespace(string more) =>
        _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), "{\"metadata\":{\"name\":\"ns\"" + more + "}}");
}
