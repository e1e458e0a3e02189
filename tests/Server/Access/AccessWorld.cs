using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Control.ClusterRoles;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Access;

/// <summary>The default roles in a real store, an index of them, and hands to change them.</summary>
internal sealed class AccessWorld
{
    private readonly StoreFixture _fixture = new();
    private int _uids;

    private AccessWorld()
    {
        Objects = new Objects(Store, _fixture.Clock, () => $"uid-{++_uids}");
        Index = new RoleIndex(Store);
        Authorizer = new Authorizer(Index);
    }

    public ObjectStore Store => _fixture.Store;

    public Objects Objects { get; }

    public RoleIndex Index { get; }

    public Authorizer Authorizer { get; }

    public static async Task<AccessWorld> Make()
    {
        var world = new AccessWorld();
        await world.WriteDefaults();
        world.Index.Prime();
        return world;
    }

    public Task WriteDefaults() => new DefaultRolesWriter(Objects, _fixture.Clock).Run(default);

    public async Task Put(string key, string json)
    {
        var tree = JsonNode.Parse(json)!.AsObject();
        var (_, _, ns, name) = StoreKeys.Parts(key);
        var metadata = tree["metadata"] as JsonObject ?? [];
        metadata["name"] = name;
        metadata["namespace"] = ns;
        tree["metadata"] = metadata;
        await Store.Txn([], [StoreOp.Put(key, ObjectBytes.Write(tree))], default);
    }

    /// <summary>Gives a ClusterRole to a subject, in one namespace or, where it is null, in all.</summary>
    public Task Bind(string role, string subject, string? ns = null, string name = "b") => Put(
        RbacKeys.Of(ns is null ? RbacKeys.ClusterRoleBindings : RbacKeys.RoleBindings, ns, name),
        $$$"""{"roleRef":{"kind":"ClusterRole","name":"{{{role}}}"},"subjects":[{{{subject}}}]}""");

    public JsonObject Read(string key) => ObjectBytes.Read(Store.Get(key)!.Value);

    public Task DisposeAsync() => _fixture.DisposeAsync().AsTask();
}
