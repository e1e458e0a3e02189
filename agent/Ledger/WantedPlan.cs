using System.Collections.Immutable;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Ledger;

/// <summary>
/// What the node should run, of three sources: the server's word first, then the manifest directory, then what a person
/// on site applied. Of two pods with one name or one host port the later source gives way, and of two objects with one
/// name too. Pure; without local and static entries it is the desired entries themselves.
/// </summary>
internal sealed record WantedPlan(
    ImmutableDictionary<string, byte[]> Entries, ImmutableArray<GivenWay> GivenWay)
{
    public const string PodPrefix = "pods/";

    /// <summary>Kinds of objects that a local pod may refer to.</summary>
    private static readonly string[] ObjectPrefixes = ["configmaps/", "secrets/"];

    public static WantedPlan Empty { get; } = new(ImmutableDictionary<string, byte[]>.Empty, []);

    /// <param name="desired">The server's word.</param>
    /// <param name="local">What a person applied; keys of other kinds are passed over.</param>
    /// <param name="statics">The pods of the manifest directory.</param>
    public static WantedPlan For(
        ImmutableDictionary<string, byte[]> desired,
        ImmutableDictionary<string, byte[]> local,
        ImmutableDictionary<string, byte[]> statics)
    {
        if (local.IsEmpty && statics.IsEmpty)
        {
            return new WantedPlan(desired, []);
        }

        var draft = new Draft(desired);
        draft.AddPods(statics);
        draft.AddPods(local);
        draft.AddObjects(local);
        return draft.Build();
    }

    /// <summary>The ports of the node that the pod takes, as <c>TCP/80</c>.</summary>
    public static IEnumerable<string> HostPorts(Pod pod)
    {
        foreach (var container in (pod.Spec.InitContainers ?? []).Concat(pod.Spec.Containers))
        {
            foreach (var port in container.Ports ?? [])
            {
                if ((port.HostPort ?? (pod.Spec.HostNetwork == true ? port.Number : 0)) is > 0 and var number)
                {
                    yield return $"{port.Protocol ?? "TCP"}/{number}";
                }
            }
        }
    }

    private sealed class Draft
    {
        private readonly ImmutableDictionary<string, byte[]>.Builder _entries;
        private readonly ImmutableArray<GivenWay>.Builder _givenWay = ImmutableArray.CreateBuilder<GivenWay>();
        private readonly Dictionary<string, string> _takers = [];

        public Draft(ImmutableDictionary<string, byte[]> desired)
        {
            _entries = desired.ToBuilder();
            foreach (var (key, value) in desired)
            {
                if (key.StartsWith(PodPrefix, StringComparison.Ordinal) && Read(value) is { } pod)
                {
                    Take(pod, "the server's");
                }
            }
        }

        public void AddPods(ImmutableDictionary<string, byte[]> pods)
        {
            foreach (var key in Sorted(pods, [PodPrefix]))
            {
                if (Read(pods[key]) is not { } pod)
                {
                    continue;
                }

                if (TakenBy(pod) is { } reason)
                {
                    _givenWay.Add(new GivenWay(key, Name(pod), reason));
                }
                else
                {
                    _entries[key] = pods[key];
                    Take(pod, "this node's own");
                }
            }
        }

        public void AddObjects(ImmutableDictionary<string, byte[]> objects)
        {
            foreach (var key in Sorted(objects, ObjectPrefixes))
            {
                if (!_entries.TryAdd(key, objects[key]))
                {
                    _givenWay.Add(new GivenWay(key, key, "the server's of the same name is here"));
                }
            }
        }

        public WantedPlan Build() => new(_entries.ToImmutable(), _givenWay.ToImmutable());

        private string? TakenBy(Pod pod)
        {
            if (_takers.TryGetValue(Name(pod), out var owner))
            {
                return $"{owner} pod of the same name is here";
            }

            foreach (var port in HostPorts(pod))
            {
                if (_takers.TryGetValue(port, out var taker))
                {
                    return $"{taker} takes host port {port}";
                }
            }

            return null;
        }

        private void Take(Pod pod, string owner)
        {
            _takers[Name(pod)] = owner;
            foreach (var port in HostPorts(pod))
            {
                _takers.TryAdd(port, $"{owner} pod {Name(pod)}");
            }
        }

        private static List<string> Sorted(ImmutableDictionary<string, byte[]> entries, string[] prefixes)
        {
            var keys = new List<string>();
            foreach (var key in entries.Keys)
            {
                if (Array.Exists(prefixes, prefix => key.StartsWith(prefix, StringComparison.Ordinal)))
                {
                    keys.Add(key);
                }
            }

            keys.Sort(StringComparer.Ordinal);
            return keys;
        }

        private static string Name(Pod pod) => $"{pod.Metadata.Namespace ?? "default"}/{pod.Metadata.Name}";

        /// <summary>Null for an entry that cannot be read: whoever runs it says so.</summary>
        private static Pod? Read(byte[] bytes)
        {
            try
            {
                return JsonSerializer.Deserialize(bytes, ModelJson.Default.Pod);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

/// <summary>
/// Something of this node's own that is held back: its key, its name for people, and who stands in its way.
/// </summary>
internal sealed record GivenWay(string Key, string Name, string Reason);
