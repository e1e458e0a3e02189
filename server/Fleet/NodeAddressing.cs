using System.Text.Json.Nodes;
using Edge.Proto.Model;
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
        var nodes = objects.List(Resources.Nodes).ToList();
        var taken = nodes.Select(node => node.Spec?.PodCIDR).ToHashSet();
        foreach (var node in nodes.Where(node => string.IsNullOrEmpty(node.Spec?.PodCIDR)))
        {
            if (PodCidrPlan.Next(taken) is not { } cidr)
            {
                log.AddressesExhausted(node.Metadata.Name ?? "");
                return;
            }

            taken.Add(cidr);
            await Give(node, cidr, ct);
        }
    }

    private async Task Give(Node node, string cidr, CancellationToken ct)
    {
        var name = node.Metadata.Name ?? "";
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
