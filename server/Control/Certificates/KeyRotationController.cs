using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Certificates;

/// <summary>
/// Asks nodes to change their keys when these have done their time; Fleet tells them, and the certificate of the new
/// key takes the request away.
/// </summary>
internal sealed class KeyRotationController(
    Objects objects, TimeSpan life, TimeProvider time, ILogger<KeyRotationController> log) : IController
{
    private static readonly string s_nodes = Resources.Nodes.Prefix();

    public string Name => "key-rotation";

    /// <summary>A node that only reports its status has the key it had.</summary>
    public IReadOnlyList<WatchSource> Sources { get; } =
    [
        WatchSource.Indexed(s_nodes, step => step switch
        {
            FollowStep.Listed all => [.. all.Listing.Items.Select(NameOf)],
            FollowStep.Changed { Change: { Type: ChangeType.Put, Previous: { } old } change }
                when ObjectHead.IsSame(old, change.Object) => [],
            FollowStep.Changed one => [NameOf(one.Change.Object)],
            _ => throw new InvalidOperationException($"unknown step {step}"),
        }),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Get(Resources.Nodes, null, key) is not { } node)
        {
            return null;
        }

        var now = time.GetUtcNow();
        switch (KeyRotationPlan.Decide(node, life, now))
        {
            case KeyRotationStep.Wait wait:
                return wait.Again;
            case KeyRotationStep.Stamp:
                await Annotate(node, NodeKey.SinceAnnotation, TimeJson.Text(now), ct);
                return null;
            case KeyRotationStep.Ask:
                log.KeyIsDue(key);
                await Annotate(node, NodeKey.RenewAnnotation, "true", ct);
                return null;
            default:
                throw new InvalidOperationException("unknown step");
        }
    }

    /// <summary>A node that changed in between comes again by its own event.</summary>
    private Task<UpdateOutcome> Annotate(Node node, string name, string value, CancellationToken ct) => objects.Update(
        Resources.Nodes, null, node.Metadata.Name!,
        tree => tree["metadata"]?["resourceVersion"]?.ToString() == node.Metadata.ResourceVersion
            ? NodeKey.Annotated(tree, name, value)
            : null,
        ct);

    private static string NameOf(StoredObject node) => node.Key[s_nodes.Length..];
}
