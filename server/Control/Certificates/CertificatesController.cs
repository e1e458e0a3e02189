using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Pki;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Certificates;

/// <summary>
/// Approves and signs nodes' requests. The certificate, the Node and the token's mark are one transaction, so that a
/// token never serves two devices and a name never has two keys. Signs those of people that somebody approved, by the
/// other CA.
/// </summary>
internal sealed class CertificatesController(
    Objects objects, CertificateAuthority nodeCa, CertificateAuthority apiCa, Func<string, bool> isDenied,
    TimeProvider time, ILogger<CertificatesController> log) : IController
{
    private static readonly ResourceKind<CertificateSigningRequest> Requests = Resources.CertificateSigningRequests;

    public string Name => "certificates";

    public IReadOnlyList<WatchSource> Sources { get; } = [WatchSource.Own(Requests.Prefix())];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Store.Get(Requests.KeyOf(null, key)) is not { } stored)
        {
            return null;
        }

        var csr = Objects.Read(Requests, stored);
        var step = CertificatesPlan.Decide(
            csr, name => objects.Get(Resources.Nodes, null, name),
            id => objects.Get(Resources.Secrets, "kube-system", TokenName(id)), isDenied, time.GetUtcNow());
        switch (step)
        {
            case CertificateStep.Wait wait:
                return wait.Again;
            case CertificateStep.Delete:
                await objects.Delete(Requests, null, key, csr.Metadata.Uid, ct);
                return null;
            case CertificateStep.Deny deny:
                log.Denied(key, deny.Reason, deny.Message);
                await objects.Update(
                    Requests, null, key, tree => WithCondition(tree, "Denied", deny.Reason, deny.Message), ct);
                return null;
            case CertificateStep.Fail fail:
                log.Denied(key, fail.Reason, fail.Message);
                await objects.Update(
                    Requests, null, key, tree => WithCondition(tree, "Failed", fail.Reason, fail.Message), ct);
                return null;
            case CertificateStep.Sign sign:
                return await Sign(stored, sign, ct);
            case CertificateStep.SignClient client:
                return await SignClient(stored, client, ct);
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private async Task<TimeSpan?> Sign(StoredObject csr, CertificateStep.Sign sign, CancellationToken ct)
    {
        var request = sign.Request;
        using var certificate = nodeCa.SignClient(request.User, [UserInfo.Nodes], request.Key);
        var tree = ObjectBytes.Read(csr);
        if (!sign.AlreadyApproved)
        {
            WithCondition(tree, "Approved", "AutoApproved", "Auto approving kubelet client certificate.");
        }

        tree["status"]!.AsObject()["certificate"] = Base64(certificate);
        var nodeKey = Resources.Nodes.KeyOf(null, request.Node);
        var node = objects.Store.Get(nodeKey);
        List<Compare> compares = [new(csr.Key, csr.Revision), new(nodeKey, node?.Revision ?? 0)];
        List<StoreOp> ops =
        [
            StoreOp.Put(csr.Key, ObjectBytes.Write(tree)),
            StoreOp.Put(nodeKey, ObjectBytes.Write(WithKey(node, request))),
        ];
        if (sign.TokenId is { } id)
        {
            var tokenKey = Resources.Secrets.KeyOf("kube-system", TokenName(id));
            if (objects.Store.Get(tokenKey) is not { } token)
            {
                return TimeSpan.Zero;
            }

            compares.Add(new(tokenKey, token.Revision));
            ops.Add(StoreOp.Put(tokenKey, ObjectBytes.Write(
                Annotated(ObjectBytes.Read(token), CertificatesPlan.UsedByAnnotation, request.Node))));
        }

        if (await objects.Store.Txn(compares, ops, ct) is TxnResult.Conflict)
        {
            return TimeSpan.Zero;
        }

        log.Signed(request.Node, request.KeyHash);
        return null;
    }

    private async Task<TimeSpan?> SignClient(
        StoredObject csr, CertificateStep.SignClient sign, CancellationToken ct)
    {
        var request = sign.Request;
        using var certificate = apiCa.SignClient(request.User, request.Groups, request.Key, sign.From, sign.Until);
        var tree = ObjectBytes.Read(csr);
        tree["status"]!.AsObject()["certificate"] = Base64(certificate);
        if (await objects.Store.Txn(
            [new(csr.Key, csr.Revision)], [StoreOp.Put(csr.Key, ObjectBytes.Write(tree))], ct) is TxnResult.Conflict)
        {
            return TimeSpan.Zero;
        }

        log.SignedClient(request.User, sign.Until);
        return null;
    }

    private static string Base64(X509Certificate2 certificate) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));

    private JsonObject WithKey(StoredObject? stored, NodeRequest request) => Annotated(
        stored is { } present ? ObjectBytes.Read(present) : NewNode(request.Node),
        CertificatesPlan.KeyAnnotation, request.KeyHash);

    /// <summary>Tainted until it reports, as Kubernetes' admission does.</summary>
    private JsonObject NewNode(string name) => JsonSerializer.SerializeToNode(
        new Node
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Uid = objects.NewUid(),
                CreationTimestamp = time.GetUtcNow(),
                Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name },
            },
            Spec = new NodeSpec
            {
                Taints = [new Taint { Key = "node.kubernetes.io/not-ready", Effect = "NoSchedule" }],
            },
            Status = new NodeStatus(),
        },
        ModelJson.Default.Node)!.AsObject();

    private static JsonObject Annotated(JsonObject tree, string key, string value)
    {
        var metadata = tree["metadata"]!.AsObject();
        var annotations = metadata["annotations"] as JsonObject ?? [];
        annotations[key] = value;
        metadata["annotations"] = annotations;
        return tree;
    }

    private JsonObject WithCondition(JsonObject tree, string type, string reason, string message)
    {
        var status = tree["status"] as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray ?? [];
        var now = TimeJson.Text(time.GetUtcNow());
        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = type,
            ["status"] = "True",
            ["reason"] = reason,
            ["message"] = message,
            ["lastUpdateTime"] = now,
            ["lastTransitionTime"] = now,
        });
        status["conditions"] = conditions;
        tree["status"] = status;
        return tree;
    }

    private static string TokenName(string id) => $"bootstrap-token-{id}";
}
