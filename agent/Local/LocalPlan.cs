using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Edge.Agent.Ledger;

namespace Edge.Agent.Local;

/// <summary>
/// What a person's request changes in the ledger, and the lines to answer; with errors it changes nothing. Pure and
/// printable.
/// </summary>
internal sealed record LocalPlan
{
    /// <summary>
    /// All that persons may leave on a node, in bytes: much more than a site needs and much less than a flash card has.
    /// </summary>
    private const int BytesMax = 8 * 1024 * 1024;

    /// <summary>Pods and objects; a node runs 110 pods.</summary>
    private const int EntriesMax = 256;

    public const string HeldPrefix = "held/";

    public IReadOnlyList<KeyValuePair<string, byte[]>> Upserts { get; private init; } = [];

    public IReadOnlyList<string> Removals { get; private init; } = [];

    /// <summary>As kubectl would say it, one line for each object.</summary>
    public IReadOnlyList<string> Lines { get; private init; } = [];

    /// <summary>What is to be told upward; empty where nothing changed.</summary>
    public IReadOnlyList<string> Acts { get; private init; } = [];

    public IReadOnlyList<string> Errors { get; private init; } = [];

    /// <param name="manifests">Checked.</param>
    /// <param name="node">The node as it is.</param>
    /// <param name="newUid">Of a pod that is new; one for each place in <paramref name="manifests"/>.</param>
    public static LocalPlan Apply(IReadOnlyList<Manifest> manifests, SiteView node, Func<int, string> newUid)
    {
        var draft = new Draft();
        for (var i = 0; i < manifests.Count; i++)
        {
            if (manifests[i].Kind == "Pod")
            {
                ApplyPod(draft, manifests[i], node, newUid(i));
            }
            else
            {
                draft.Put(
                    manifests[i], new(manifests[i].Key, LocalPods.Bytes(manifests[i].Tree)),
                    node.Local.GetValueOrDefault(manifests[i].Key));
            }
        }

        return draft.Build(node);
    }

    /// <param name="targets">What is to go.</param>
    /// <param name="node">The node as it is.</param>
    public static LocalPlan Delete(IReadOnlyList<SiteTarget> targets, SiteView node)
    {
        var draft = new Draft();
        foreach (var (kind, ns, name) in targets)
        {
            if (kind != "pod")
            {
                var key = $"{kind}s/{ns}/{name}";
                draft.Remove(node.Local.ContainsKey(key), key, $"{kind} \"{name}\"", $"{kind} {ns}/{name}");
            }
            else
            {
                DeletePod(draft, $"{ns}/{name}", node);
            }
        }

        return draft.Build(node);
    }

    private static void ApplyPod(Draft draft, Manifest manifest, SiteView node, string newUid)
    {
        var name = $"{manifest.Namespace}/{manifest.Name}";
        switch (node.Find(name))
        {
            case { Source: PodSource.Server }:
                draft.Refuse($"pods \"{manifest.Name}\" is the server's: change it there, or choose another name");
                break;
            case { Source: PodSource.Static }:
                draft.Refuse($"pods \"{manifest.Name}\" comes from a file of this node: change the file");
                break;
            case { } known when !OnlyImages(known, manifest, node):
                draft.Refuse(
                    $"Pod \"{manifest.Name}\" is invalid: spec: Forbidden: pod updates may not change fields other "
                    + "than `spec.containers[*].image`,`spec.initContainers[*].image`; delete it first");
                break;
            case { } known:
                var created = known.Pod.Metadata.CreationTimestamp ?? node.Now;
                draft.Put(manifest, LocalPods.Applied(manifest, known.Uid, node.NodeName, created), known.Bytes);
                break;
            case null:
                draft.Put(manifest, LocalPods.Applied(manifest, newUid, node.NodeName, node.Now), null);
                break;
        }
    }

    private static bool OnlyImages(NodePod known, Manifest manifest, SiteView node)
    {
        var next = LocalPods.Applied(manifest, known.Uid, node.NodeName, node.Now).Value;
        return JsonNode.DeepEquals(WithoutImages(known.Bytes), WithoutImages(next));
    }

    private static JsonNode? WithoutImages(byte[] pod)
    {
        var spec = JsonNode.Parse(pod)?["spec"];
        foreach (var field in (string[])["containers", "initContainers"])
        {
            foreach (var container in spec?[field] as JsonArray ?? [])
            {
                (container as JsonObject)?.Remove("image");
            }
        }

        return spec;
    }

    private static void DeletePod(Draft draft, string name, SiteView node)
    {
        switch (node.Find(name))
        {
            case { Source: PodSource.Local } local:
                draft.Remove(true, local.Key, $"pod \"{local.Pod.Metadata.Name}\"", $"pod {name}");
                break;
            case { Source: PodSource.Static }:
                draft.Refuse($"pod {name} comes from a file of this node: remove the file");
                break;
            case { Source: PodSource.Server } when node.IsConnected:
                draft.Refuse($"pod {name} is the server's, and the server is there: delete it there");
                break;
            case { Source: PodSource.Server } server when node.HasEnded(server.Uid):
                draft.Refuse($"pod {name} is the server's and has ended: there is nothing to stop");
                break;
            case { Source: PodSource.Server } server:
                draft.Hold(server);
                break;
            default:
                draft.Refuse($"pods \"{name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]}\" not found");
                break;
        }
    }

    private sealed class Draft
    {
        private readonly List<KeyValuePair<string, byte[]>> _upserts = [];
        private readonly List<string> _removals = [];
        private readonly List<string> _keys = [];
        private readonly List<string> _lines = [];
        private readonly List<string> _acts = [];
        private readonly List<string> _errors = [];

        public void Refuse(string error) => _errors.Add(error);

        public void Put(Manifest manifest, KeyValuePair<string, byte[]> entry, byte[]? before)
        {
            var same = before is not null && before.AsSpan().SequenceEqual(entry.Value);
            var done = same ? "unchanged" : before is null ? "created" : "configured";
            Say(entry.Key, $"{manifest.Shown} {done}");
            if (!same)
            {
                _upserts.Add(entry);
                _acts.Add($"applied {manifest.Kind.ToLowerInvariant()} {manifest.Namespace}/{manifest.Name}");
            }
        }

        public void Remove(bool known, string key, string shown, string name)
        {
            if (!known)
            {
                Refuse($"{shown} not found");
                return;
            }

            _removals.Add(key);
            Say(key, $"{shown} deleted");
            _acts.Add($"deleted {name}");
        }

        public void Hold(NodePod pod)
        {
            _upserts.Add(new(HeldPrefix + pod.Uid, "held"u8.ToArray()));
            Say(pod.Key, $"pod \"{pod.Pod.Metadata.Name}\" stopped until the server's next word");
            _acts.Add($"stopped the server's pod {pod.Name}");
        }

        public LocalPlan Build(SiteView node)
        {
            var next = node.Local.SetItems(_upserts).RemoveRange(_removals);
            var bytes = next.Values.Sum(value => (long)value.Length);
            if (_upserts.Count > 0 && (next.Count > EntriesMax || bytes > BytesMax))
            {
                _errors.Add($"a node keeps at most {EntriesMax} objects and {BytesMax} bytes of persons on site");
            }

            if (_errors.Count > 0)
            {
                return new LocalPlan { Errors = _errors };
            }

            foreach (var way in WantedPlan.For(node.Desired, next, node.Static).GivenWay)
            {
                if (_keys.IndexOf(way.Key) is >= 0 and var at)
                {
                    _lines[at] += $", held back: {way.Reason}";
                }
            }

            return new LocalPlan
            {
                Upserts = _upserts,
                Removals = _removals,
                Acts = _acts,
                Lines = _lines,
            };
        }

        private void Say(string key, string line)
        {
            _keys.Add(key);
            _lines.Add(line);
        }
    }
}

/// <summary>The node as a person's request finds it; a snapshot.</summary>
internal sealed record SiteView
{
    public required string NodeName { get; init; }

    public required DateTimeOffset Now { get; init; }

    public ImmutableDictionary<string, byte[]> Desired { get; init; } = ImmutableDictionary<string, byte[]>.Empty;

    public ImmutableDictionary<string, byte[]> Local { get; init; } = ImmutableDictionary<string, byte[]>.Empty;

    public ImmutableDictionary<string, byte[]> Static { get; init; } = ImmutableDictionary<string, byte[]>.Empty;

    /// <summary>The server answered the hello of the present session.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Whether none of a pod's containers will run again.</summary>
    public Func<string, bool> HasEnded { get; init; } = _ => false;

    /// <summary>
    /// The pod of this namespace and name; a person's own before others, because it may be one that gives way.
    /// </summary>
    public NodePod? Find(string name) =>
        NodePods.All(Desired, Static, Local).LastOrDefault(pod => pod.Name == name);
}

/// <summary>An object that a person names: its kind in lower case.</summary>
internal sealed record SiteTarget(string Kind, string Namespace, string Name)
{
    public static SiteTarget Of(Manifest manifest) =>
        new(manifest.Kind.ToLowerInvariant(), manifest.Namespace, manifest.Name);
}
