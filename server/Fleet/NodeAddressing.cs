using System.Text.Json.Nodes;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Gives every node its block of pod addresses, once: it stays with the Node object for life. Which are taken is kept
/// by the steps of a watch: nodes change all the time, and need a block once.
/// </summary>
internal sealed class NodeAddressing(Objects objects, ILogger<NodeAddressing> log)
{
    private static readonly string s_nodes = Resources.Nodes.Prefix();

    private readonly CidrBlocks _blocks = new();

    /// <summary>Nodes that found no block.</summary>
    private readonly HashSet<string> _waiting = [];

    public async Task Run(CancellationToken ct)
    {
        await foreach (var step in objects.Store.Follow(s_nodes, ct))
        {
            switch (step)
            {
                case FollowStep.Listed { Listing: var all }:
                    _blocks.Clear();
                    _waiting.Clear();
                    // First those that have one: theirs is nobody else's.
                    var without = all.Items.Where(node => !Knows(node)).ToList();
                    foreach (var node in without)
                    {
                        await Give(NameOf(node), ct);
                    }

                    break;
                case FollowStep.Changed { Change: { Type: ChangeType.Delete } gone }:
                    _blocks.Free(NameOf(gone.Object));
                    _waiting.Remove(NameOf(gone.Object));
                    foreach (var name in _waiting.ToList())
                    {
                        await Give(name, ct);
                    }

                    break;
                case FollowStep.Changed { Change: var change }:
                    if (!Knows(change.Object))
                    {
                        await Give(NameOf(change.Object), ct);
                    }

                    break;
                default:
                    throw new InvalidOperationException($"unknown step {step}");
            }
        }
    }

    private static string NameOf(StoredObject node) => node.Key[s_nodes.Length..];

    /// <summary>False for a node that needs a block: a step may be older than what was given.</summary>
    private bool Knows(StoredObject node)
    {
        var cidr = CidrOf(node);
        if (string.IsNullOrEmpty(cidr))
        {
            return _blocks.Has(NameOf(node));
        }

        _blocks.Take(NameOf(node), cidr);
        return true;
    }

    /// <summary>From the tree: a status that no record reads must neither end this nor free the node's block.</summary>
    private static string? CidrOf(StoredObject node) =>
        JsonNode.Parse(node.Value.Span) is JsonObject tree && tree["spec"] is JsonObject spec
        && spec["podCIDR"] is JsonValue value && value.TryGetValue(out string? cidr)
            ? cidr
            : null;

    private async Task Give(string name, CancellationToken ct)
    {
        if (_blocks.Next() is not { } cidr)
        {
            if (_waiting.Add(name))
            {
                log.AddressesExhausted(name);
            }

            return;
        }

        _waiting.Remove(name);

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
            // Its own step comes later than those of others that need one.
            _blocks.Take(name, cidr);
            log.AddressesGiven(name, cidr);
        }
    }
}
