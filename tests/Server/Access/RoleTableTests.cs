using System.Text;
using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Tests.Server.Access;

public sealed class RoleTableTests
{
    private const string Alice = """{"kind":"User","name":"alice"}""";
    private const string Bob = """{"kind":"User","name":"bob"}""";
    private const string Bot = """{"kind":"ServiceAccount","name":"bot"}""";
    private const string BotByName = """{"kind":"User","name":"system:serviceaccount:shop:bot"}""";

    private static readonly string s_binding = RbacKeys.Of(RbacKeys.RoleBindings, "shop", "b");

    private readonly RoleTable _table = new();

    [Theory]
    [InlineData(Alice, Alice, "alice")]
    [InlineData(Bot, BotByName, "system:serviceaccount:shop:bot")]
    public void A_subject_that_stands_twice_is_granted_once(string first, string second, string user)
    {
        Bind(first, second);
        Assert.Single(Of(user));
        Bind(second, Bob, first);
        Assert.Single(Of(user));
        Bind(Bob);
        Assert.Empty(Of(user));
        Assert.Single(Of("bob"));
    }

    [Fact]
    public void A_binding_that_changes_leaves_no_moment_with_two_grants_or_none()
    {
        Bind(Alice);
        using var stop = new CancellationTokenSource();
        var seen = new HashSet<int>();
        var reader = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                seen.Add(Of("alice").Length);
            }
        });
        reader.Start();
        for (var at = 0; at < 20_000; at++)
        {
            Bind(at % 2 == 0 ? [Bob, Alice] : [Alice]);
        }

        stop.Cancel();
        reader.Join();
        Assert.Equal([1], seen);
    }

    [Fact]
    public void A_binding_that_is_gone_leaves_nothing()
    {
        Bind(Alice, Alice, Bob);
        _table.Remove(s_binding);
        Assert.Null(_table.InNamespace("shop"));
    }

    private Grant[] Of(string user) => _table.InNamespace("shop")?.OfUser(user) ?? [];

    private void Bind(params string[] subjects) => _table.Put(new StoredObject(s_binding, 1, Encoding.UTF8.GetBytes(
        $$"""{"roleRef":{"kind":"ClusterRole","name":"view"},"subjects":[{{string.Join(',', subjects)}}]}""")));
}
