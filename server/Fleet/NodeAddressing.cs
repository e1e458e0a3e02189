using System.Text.Json.Nodes;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>Gives every node its block of pod addresses, once: it stays with the Node object for life.</summary>
internal sealed class NodeAddressing(Objects objects, ILogger<NodeAddressing> log)
{
    public async Task Run(CancellationToken ct)
    {
        await foreach (var step in objects.Store.Follow(Resources.Nodes.Prefix(), ct))
        {
            if (step is not FollowStep.Changed { Change.Type: ChangeType.Delete })
            {
                await GiveAll(ct);
            }
        }
    }

    private async Task GiveAll(CancellationToken ct)
    {
        var prefix = Resources.Nodes.Prefix();
        var nodes = objects.Store.List(prefix).Items
            .Select(node => (Name: node.Key[prefix.Length..], Cidr: CidrOf(node))).ToList();
        var taken = nodes.Select(node => node.Cidr).ToHashSet();
        foreach (var (name, _) in nodes.Where(node => string.IsNullOrEmpty(node.Cidr)))
        {
            if (PodCidrPlan.Next(taken) is not { } cidr)
            {
                log.AddressesExhausted(name);
                return;
            }

            taken.Add(cidr);
            await Give(name, cidr, ct);
        }
    }

    /// <summary>From the tree: a status that no record reads must neither end this nor free the node's block.</summary>
    private static string? CidrOf(StoredObject node) =>
        JsonNode.Parse(node.Value.Span) is JsonObject tree && tree["spec"] is JsonObject spec
        && spec["podCIDR"] is JsonValue value && value.TryGetValue(out string? cidr)
            ? cidr
            : null;

    private async Task Give(string name, string cidr, CancellationToken ct)
    {
        var outcome = await objects.Update(Resources.Nodes, null, name, tree =>
        {
            var spec = tree["spec"] as JsonObject ?? [];
            if (spec["podCIDR"] is not null)
            {
                return null;
            }

            spec["podCIDR"] = cidr;
            spec["podCIDRs"] = new JsonArray(JsonValue.Create(cidr));
            tree["spec"] = spec;
            return tree;
        }, ct);
        if (outcome is UpdateOutcome.Updated)
        {
            log.AddressesGiven(name, cidr);
        }
    }
}
