using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;

namespace Edge.Server.Fleet;

/// <summary>
/// A node's GPUs as annotations of its Node: one for who places pods, one for people, and once the taint that keeps
/// other pods away. Pure.
/// </summary>
internal static class NodeGpusPlan
{
    /// <summary>A line for each GPU, which <c>kubectl describe node</c> prints one below the other.</summary>
    public const string ListAnnotation = "edge/gpu-list";

    /// <summary>
    /// The taint that the node was given when its GPUs were seen first. A person who takes it away is not answered: it
    /// is given once in the life of a Node.
    /// </summary>
    public const string TaintAnnotation = "edge/gpu-taint";

    /// <summary>What kubectl prints of a line of an annotation.</summary>
    private const int LineMax = 138;

    /// <summary>
    /// The node with the GPUs that it says it has. They are the server's words: readings are left out.
    /// </summary>
    /// <param name="node">Changed in place.</param>
    /// <param name="gpus">What it says.</param>
    /// <param name="taint">What a node with GPUs is given; null for none.</param>
    public static JsonObject Annotate(JsonObject node, GpuInventory gpus, Taint? taint = null)
    {
        var metadata = node.Ensure("metadata");
        if (gpus.Devices.Count == 0)
        {
            metadata.Object("annotations")?.Remove(GpuInventory.Annotation);
            metadata.Object("annotations")?.Remove(ListAnnotation);
            return node;
        }

        var annotations = metadata.Ensure("annotations");
        annotations[GpuInventory.Annotation] = Encoding.UTF8.GetString(GpuJson.Bytes(gpus));
        annotations[ListAnnotation] = List(gpus);
        if (taint is not null && annotations[TaintAnnotation] is null)
        {
            annotations[TaintAnnotation] = $"{taint.Key}={taint.Value}:{taint.Effect}";
            Add(node.Ensure("spec"), taint);
        }

        return node;
    }

    private static void Add(JsonObject spec, Taint taint)
    {
        foreach (var known in spec.Objects("taints"))
        {
            if (known.Text("key") == taint.Key && known.Text("effect") == taint.Effect)
            {
                return;
            }
        }

        if (spec["taints"] is not JsonArray taints)
        {
            spec["taints"] = taints = [];
        }

        var added = new JsonObject { ["effect"] = taint.Effect, ["key"] = taint.Key };
        if (taint.Value is { Length: > 0 } value)
        {
            added["value"] = value;
        }

        taints.Add((JsonNode)added);
    }

    private static string List(GpuInventory gpus)
    {
        var text = new StringBuilder();
        var line = new StringBuilder();
        Also(line, "driver ", gpus.Driver);
        Also(line, "CUDA ", gpus.Cuda);
        Also(line, "", gpus.Problem?.Message);
        End(text, line);
        foreach (var device in gpus.Devices)
        {
            line.Append(CultureInfo.InvariantCulture, $"{device.Index} {device.Uuid}: ");
            line.Append(device.Unhealthy is null ? "healthy" : "UNHEALTHY");
            Also(line, "", device.Product);
            Also(line, "", device.MemoryBytes is { } bytes ? $"{bytes >> 20} MiB" : null);
            Also(line, "", device.Shares is > 1 and var shares ? $"{shares} shares" : null);
            Parts(line, device.Instances);
            Also(line, "", device.Unhealthy);
            End(text, line);
        }

        return text.ToString(0, Math.Max(0, text.Length - 1));
    }

    /// <summary>Seven of a profile are one word.</summary>
    private static void Parts(StringBuilder line, IReadOnlyList<MigInstance> parts)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            counts[part.Profile] = counts.GetValueOrDefault(part.Profile) + 1;
        }

        foreach (var (profile, count) in counts)
        {
            Also(line, "MIG ", $"{count} x {profile}");
        }
    }

    private static void Also(StringBuilder line, string before, string? words)
    {
        if (words is { Length: > 0 })
        {
            line.Append(line.Length > 0 ? ", " : "").Append(before).Append(words);
        }
    }

    /// <summary>What a device says of itself makes no lines of its own.</summary>
    private static void End(StringBuilder text, StringBuilder line)
    {
        for (var at = 0; at < line.Length && at < LineMax; at++)
        {
            text.Append(char.IsControl(line[at]) ? ' ' : line[at]);
        }

        text.Append(line.Length > 0 ? "\n" : "");
        line.Clear();
    }
}
