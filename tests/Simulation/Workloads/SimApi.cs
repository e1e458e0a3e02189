using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Admission;
using Edge.Server.Api.Http;
using Edge.Server.Api.Pods;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>What people ask of the server, done as its API does it.</summary>
internal sealed class SimApi(Objects objects, PodAdmission admission, NameSuffix suffix, TimeProvider time)
{
    private const string Namespace = "default";

    private static readonly SchemaCatalog s_catalog = SchemaCatalog.Default;
    private static readonly UserInfo s_admin = UserInfo.Known("admin", [UserInfo.Masters]);

    private readonly EvictionEndpoint _evict = new(
        new VerbParts(objects, s_catalog, new SnapshotPins(time), time, suffix, admission));

    public Objects Objects { get; } = objects;

    /// <summary>False when one of that name is there, which may be on its way out.</summary>
    public async Task<bool> Create(string yaml)
    {
        var (tree, _) = YamlTreeReader.Read(Encoding.UTF8.GetBytes(yaml));
        var obj = tree!.AsObject();
        var version = obj["apiVersion"]!.ToString().Split('/');
        var schema = s_catalog.FindKind(version[0], version[1], obj["kind"]!.ToString())!;
        var metadata = obj["metadata"]!.AsObject();
        metadata["namespace"] = Namespace;
        metadata["uid"] = Objects.NewUid();
        metadata["generation"] = 1;
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z";
        ObjectStrategy.PrepareForCreate(schema, obj);
        ObjectDefaults.Fill(schema, obj);
        Assert.Empty(ObjectValidation.Check(schema, obj));
        var key = StoreKeys.For(schema.Group, schema.Plural, Namespace, metadata["name"]!.ToString());
        return await Objects.Store.Txn([new Compare(key, 0)], [StoreOp.Put(key, ObjectBytes.Write(obj))], default)
            is TxnResult.Committed;
    }

    /// <summary>Changes the spec of one that is there and stays.</summary>
    public Task<UpdateOutcome> Spec<T>(ResourceKind<T> kind, string name, Action<JsonObject> edit) where T : class =>
        Objects.Update(kind, Namespace, name, tree =>
        {
            var before = tree["spec"]!.ToJsonString();
            edit(tree["spec"]!.AsObject());
            if (tree["metadata"]!["deletionTimestamp"] is not null || tree["spec"]!.ToJsonString() == before)
            {
                return null;
            }

            tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            return tree;
        }, default);

    public Task<DeleteOutcome> Delete<T>(ResourceKind<T> kind, string name, Propagation propagation) where T : class =>
        Objects.RequestDelete(
            kind, Namespace, name, uid: null, new DeletionWish(Propagation: propagation), default);

    /// <summary>As <c>kubectl cordon</c>; false undoes it.</summary>
    public Task<UpdateOutcome> Cordon(string node, bool cordoned) =>
        Objects.Update(Resources.Nodes, null, node, tree =>
        {
            var spec = tree["spec"] as JsonObject ?? [];
            if (cordoned == (spec["unschedulable"]?.GetValue<bool>() == true))
            {
                return null;
            }

            spec.Remove("unschedulable");
            if (cordoned)
            {
                spec["unschedulable"] = true;
            }

            tree["spec"] = spec;
            return tree;
        }, default);

    /// <summary>False when the pod's budget does not grant it now, or the pod is gone.</summary>
    public async Task<bool> Evict(Pod pod)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = "application/json";
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(
            $$$"""{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"{{{pod.Metadata.Name}}}"}}"""));
        http.Response.Body = new MemoryStream();
        var path = RequestPath.Parse($"/api/v1/namespaces/{Namespace}/pods/{pod.Metadata.Name}/eviction");
        var schema = s_catalog.Find("", "v1", "pods")!;
        try
        {
            await _evict.Run(new ApiRequest(http, path, schema, schema, s_admin, default));
            return true;
        }
        catch (StatusException refused) when (refused.Code is 404 or 429)
        {
            return false;
        }
    }
}
