using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Pki;
using Edge.Server.Store;

namespace Edge.Server.Control.Certificates;

/// <summary>Signs for a node, in one transaction with all that follows from it.</summary>
internal sealed class NodeSigning(Objects objects, CertificateAuthority nodeCa, TimeProvider time)
{
    /// <summary>
    /// Entries of the deny-list, at some 130 bytes each; a ConfigMap holds 1 MiB. Only devices that enrol again and
    /// again come near, and a person then has to look.
    /// </summary>
    private const int DeniedMax = 4000;

    public static readonly CertificateStep.Deny Full = new(
        "DenyListFull", $"the former key cannot be denied: ConfigMap {DeniedNodes.Namespace}/"
        + $"{DeniedNodes.ConfigMapName} has {DeniedMax} entries; remove those of keys that nobody has any more");

    private static readonly string s_listKey =
        Resources.ConfigMaps.KeyOf(DeniedNodes.Namespace, DeniedNodes.ConfigMapName);

    /// <summary>Whether the key that this certificate takes the place of finds no room in the deny-list.</summary>
    public bool IsFull(CertificateStep.Sign sign) => sign.Replaces is not null
        && objects.Get(Resources.ConfigMaps, DeniedNodes.Namespace, DeniedNodes.ConfigMapName)?.Data?.Count
            >= DeniedMax;

    /// <summary>False when something changed meanwhile: to be decided again.</summary>
    public async Task<bool> Sign(StoredObject csr, CertificateStep.Sign sign, CancellationToken ct)
    {
        var request = sign.Request;
        using var certificate = nodeCa.SignNode(request.User, UserInfo.Nodes, request.Key);
        var tree = ObjectBytes.Read(csr);
        if (!sign.AlreadyApproved)
        {
            WithCondition(
                tree, "Approved", "AutoApproved", "Auto approving kubelet client certificate.", time.GetUtcNow());
        }

        tree["status"]!.AsObject()["certificate"] = Base64(certificate);
        var nodeKey = Resources.Nodes.KeyOf(null, request.Node);
        var node = objects.Store.Get(nodeKey);
        List<Compare> compares = [new(csr.Key, csr.Revision), new(nodeKey, node?.Revision ?? 0)];
        List<StoreOp> ops =
        [
            StoreOp.Put(csr.Key, ObjectBytes.Write(tree)),
            StoreOp.Put(nodeKey, ObjectBytes.Write(NodeOf(node, sign))),
        ];
        if (sign.TokenId is { } id)
        {
            var tokenKey = Resources.Secrets.KeyOf("kube-system", TokenName(id));
            if (objects.Store.Get(tokenKey) is not { } token)
            {
                return false;
            }

            compares.Add(new(tokenKey, token.Revision));
            ops.Add(StoreOp.Put(tokenKey, ObjectBytes.Write(NodeKey.Annotated(
                ObjectBytes.Read(token), CertificatesPlan.UsedByAnnotation, request.Node))));
        }

        if (sign.Replaces is { } former && !IsOthers(former, request.Node))
        {
            var list = objects.Store.Get(s_listKey);
            compares.Add(new(s_listKey, list?.Revision ?? 0));
            ops.Add(StoreOp.Put(s_listKey, ObjectBytes.Write(Denying(list, request.Node, former))));
        }

        return await objects.Store.Txn(compares, ops, ct) is not TxnResult.Conflict;
    }

    public static string Base64(X509Certificate2 certificate) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));

    public static string TokenName(string id) => $"bootstrap-token-{id}";

    public static JsonObject WithCondition(
        JsonObject tree, string type, string reason, string message, DateTimeOffset now)
    {
        var status = tree["status"] as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray ?? [];
        var moment = TimeJson.Text(now);
        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = type,
            ["status"] = "True",
            ["reason"] = reason,
            ["message"] = message,
            ["lastUpdateTime"] = moment,
            ["lastTransitionTime"] = moment,
        });
        status["conditions"] = conditions;
        tree["status"] = status;
        return tree;
    }

    private JsonObject NodeOf(StoredObject? stored, CertificateStep.Sign sign)
    {
        var tree = NodeKey.WithKey(
            stored is { } present
                ? ObjectBytes.Read(present)
                : NewNode(sign.Request.Node, objects.NewUid(), time.GetUtcNow()),
            sign.Request.KeyHash, time.GetUtcNow());
        if (sign.Replaces is not null)
        {
            NodeKey.Used(tree);
        }

        return tree;
    }

    /// <summary>A device may have said that it has a key which is another one's.</summary>
    private bool IsOthers(string keyHash, string node)
    {
        foreach (var other in objects.List(Resources.Nodes))
        {
            if (other.Metadata.Name != node && NodeKey.Of(other) == keyHash)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Tainted until it reports, as Kubernetes' admission does.</summary>
    public static JsonObject NewNode(string name, string uid, DateTimeOffset now) => JsonSerializer.SerializeToNode(
        new Node
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Uid = uid,
                CreationTimestamp = now,
                Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name },
            },
            Spec = new NodeSpec
            {
                Taints = [new Taint { Key = "node.kubernetes.io/not-ready", Effect = "NoSchedule" }],
            },
            Status = new NodeStatus(),
        },
        WorkloadJson.Default.Node)!.AsObject();

    /// <summary>A person can take the entry out again: nothing but this list ends a key.</summary>
    private JsonObject Denying(StoredObject? list, string node, string keyHash)
    {
        var tree = list is { } present ? ObjectBytes.Read(present) : JsonSerializer.SerializeToNode(
            new ConfigMap
            {
                Metadata = new ObjectMeta
                {
                    Namespace = DeniedNodes.Namespace,
                    Name = DeniedNodes.ConfigMapName,
                    Uid = objects.NewUid(),
                    CreationTimestamp = time.GetUtcNow(),
                },
            },
            ModelJson.Default.ConfigMap)!.AsObject();
        if (tree["data"] is not JsonObject data)
        {
            tree["data"] = data = [];
        }

        data[DeniedNodes.EntryOf(node, keyHash)] =
            $"another device enrolled as this node at {TimeJson.Text(time.GetUtcNow())}";
        return tree;
    }
}
