using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Pki;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Certificates;

/// <summary>
/// Approves and signs nodes' requests. The certificate, the Node, the token's mark and the denial of a key that another
/// device takes the place of are one transaction, so that a token never serves two devices and a name is never enrolled
/// twice. Signs those of people that somebody approved, by the other CA.
/// </summary>
internal sealed class CertificatesController(
    Objects objects, CertificateAuthority nodeCa, CertificateAuthority apiCa, Func<DeniedNodes> denied,
    TimeProvider time, ILogger<CertificatesController> log) : IController
{

    private static readonly ResourceKind<CertificateSigningRequest> Requests = Resources.CertificateSigningRequests;

    private readonly NodeSigning _nodes = new(objects, nodeCa, time);

    public string Name => "certificates";

    /// <summary>A Node that changes or goes may be what a denied request waits for.</summary>
    public IReadOnlyList<WatchSource> Sources { get; } =
    [
        WatchSource.Own(Requests.Prefix()),
        WatchSource.Indexed(Resources.Nodes.Prefix(), step => step is FollowStep.Changed { Change: var change }
            && !(change is { Type: ChangeType.Put, Previous: { } old } && ObjectHead.IsSame(old, change.Object))
            ? DeniedRequests(objects)
            : []),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Store.Get(Requests.KeyOf(null, key)) is not { } stored)
        {
            return null;
        }

        var csr = Objects.Read(Requests, stored);
        var step = CertificatesPlan.Decide(
            csr,
            new CertificateFacts(
                name => objects.Get(Resources.Nodes, null, name),
                id => objects.Get(Resources.Secrets, "kube-system", NodeSigning.TokenName(id)), denied()),
            time.GetUtcNow());
        switch (step)
        {
            case CertificateStep.Wait wait:
                return wait.Again;
            case CertificateStep.Delete:
                await objects.Delete(Requests, null, key, csr.Metadata.Uid, ct);
                return null;
            case CertificateStep.Deny deny:
                return await Deny(key, deny, ct);
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

    private static List<string> DeniedRequests(Objects objects) =>
    [
        .. objects.List(Requests)
            .Where(request => request.Status?.Conditions?.Any(condition => condition.Type == "Denied") == true)
            .Select(request => request.Metadata.Name!),
    ];

    private async Task<TimeSpan?> Deny(string key, CertificateStep.Deny deny, CancellationToken ct)
    {
        log.Denied(key, deny.Reason, deny.Message);
        await objects.Update(
            Requests, null, key, tree => WithCondition(tree, "Denied", deny.Reason, deny.Message), ct);
        return null;
    }

    private async Task<TimeSpan?> Sign(StoredObject csr, CertificateStep.Sign sign, CancellationToken ct)
    {
        if (_nodes.IsFull(sign))
        {
            return await Deny(csr.Key[Requests.Prefix().Length..], NodeSigning.Full, ct);
        }

        if (!await _nodes.Sign(csr, sign, ct))
        {
            return TimeSpan.Zero;
        }

        log.Signed(sign.Request.Node, sign.Request.KeyHash);
        if (sign.Replaces is { } former)
        {
            log.Replaced(sign.Request.Node, former);
        }

        return null;
    }

    private async Task<TimeSpan?> SignClient(
        StoredObject csr, CertificateStep.SignClient sign, CancellationToken ct)
    {
        var request = sign.Request;
        using var certificate = apiCa.SignClient(request.User, request.Groups, request.Key, sign.From, sign.Until);
        var tree = ObjectBytes.Read(csr);
        tree["status"]!.AsObject()["certificate"] = NodeSigning.Base64(certificate);
        if (await objects.Store.Txn(
            [new(csr.Key, csr.Revision)], [StoreOp.Put(csr.Key, ObjectBytes.Write(tree))], ct) is TxnResult.Conflict)
        {
            return TimeSpan.Zero;
        }

        log.SignedClient(request.User, sign.Until);
        return null;
    }

    private JsonObject WithCondition(JsonObject tree, string type, string reason, string message) =>
        NodeSigning.WithCondition(tree, type, reason, message, time.GetUtcNow());
}
