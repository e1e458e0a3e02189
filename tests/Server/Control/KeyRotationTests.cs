using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Certificates;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>When a node is asked for another key; the server's clock may be wrong, and is set right some day.</summary>
public sealed class KeyRotationTests : IAsyncDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_year = TimeSpan.FromDays(365);

    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("000000", 0.7)]
    [InlineData("800000", 0.8)]
    [InlineData("ffffff", 0.9)]
    public void A_key_is_due_after_70_to_90_percent_of_its_time_by_its_own_hash(string hash, double part)
    {
        var made = s_now - (s_year * part);
        Assert.IsType<KeyRotationStep.Ask>(KeyRotationPlan.Decide(Node(hash, made), s_year, s_now));
        var early = KeyRotationPlan.Decide(Node(hash, made), s_year, s_now.AddHours(-1));
        Assert.InRange(
            Assert.IsType<KeyRotationStep.Wait>(early).Again!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_fleet_that_enrolled_at_once_is_asked_over_a_fifth_of_the_time()
    {
        var random = new Random(7);
        var due = Enumerable.Range(0, 1000).Select(_ =>
        {
            var hash = random.Next(0x1000000).ToString("x6");
            return ((KeyRotationStep.Wait)KeyRotationPlan.Decide(Node(hash, s_now), s_year, s_now)).Again!.Value;
        }).GroupBy(wait => (int)wait.TotalDays).ToList();
        Assert.InRange(due.Count, 70, 74);
        Assert.All(due, day => Assert.InRange(day.Count(), 1, 40));
    }

    [Fact]
    public void Nobody_is_asked_twice_nor_without_a_key_nor_where_keys_serve_for_ever()
    {
        var old = s_now - (2 * s_year);
        Assert.IsType<KeyRotationStep.Wait>(KeyRotationPlan.Decide(Node("00", old, asked: true), s_year, s_now));
        Assert.IsType<KeyRotationStep.Wait>(KeyRotationPlan.Decide(Node(null, old), s_year, s_now));
        Assert.IsType<KeyRotationStep.Wait>(KeyRotationPlan.Decide(Node("00", old), TimeSpan.Zero, s_now));
    }

    /// <summary>Made at 2066 by a wrong clock: without this the key would serve for forty years.</summary>
    [Fact]
    public void A_key_whose_time_is_unknown_or_ahead_counts_from_now()
    {
        Assert.IsType<KeyRotationStep.Stamp>(KeyRotationPlan.Decide(Node("00", null), s_year, s_now));
        Assert.IsType<KeyRotationStep.Stamp>(KeyRotationPlan.Decide(Node("00", s_now.AddYears(40)), s_year, s_now));
    }

    [Fact]
    public async Task A_due_node_is_asked_once_and_a_node_that_only_reports_is_not_looked_at()
    {
        var objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        var rotation = new KeyRotationController(
            objects, s_year, _fixture.Clock, NullLogger<KeyRotationController>.Instance);
        var key = Resources.Nodes.KeyOf(null, "n1");
        await _fixture.Put(key, """{"metadata":{"name":"n1","annotations":{"edge/public-key-sha256":"00"}}}""");

        await rotation.Sync("n1", default);
        _fixture.Clock.Advance(s_year);
        await rotation.Sync("n1", default);
        var asked = objects.Get(Resources.Nodes, null, "n1")!;
        Assert.Equal("true", asked.Metadata.Annotations![NodeKey.RenewAnnotation]);
        Assert.Null(await rotation.Sync("n1", default));
        Assert.Equal(
            asked.Metadata.ResourceVersion, objects.Get(Resources.Nodes, null, "n1")!.Metadata.ResourceVersion);

        var source = Assert.Single(rotation.Sources);
        var before = objects.Store.Get(key)!.Value;
        await objects.Update(Resources.Nodes, null, "n1", tree =>
        {
            tree["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "Running" };
            return tree;
        }, default);
        var after = objects.Store.Get(key)!.Value;
        Assert.Empty(source.KeysIn(new FollowStep.Changed(new Change(ChangeType.Put, after, before))));
        Assert.Equal(["n1"], source.KeysIn(new FollowStep.Changed(new Change(ChangeType.Put, after, null))));
    }

    private static Node Node(string? key, DateTimeOffset? since, bool asked = false)
    {
        var annotations = new Dictionary<string, string>();
        if (key is not null)
        {
            annotations[NodeKey.Annotation] = key;
        }

        if (since is { } made)
        {
            annotations[NodeKey.SinceAnnotation] = TimeJson.Text(made);
        }

        if (asked)
        {
            annotations[NodeKey.RenewAnnotation] = "true";
        }

        return new Node { Metadata = new ObjectMeta { Name = "n1", Annotations = annotations } };
    }
}
