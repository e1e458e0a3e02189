using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>A pod that really runs (or has ended) on a simulated node.</summary>
internal sealed class SimPod(Pod spec, DateTimeOffset started)
{
    public Pod Spec { get; } = spec;

    public string Uid { get; } = spec.Metadata.Uid!;

    public string Name { get; } = spec.Metadata.Name!;

    public DateTimeOffset Started { get; } = started;

    /// <summary>Since when it is to end.</summary>
    public DateTimeOffset? Stopping { get; set; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public string Phase { get; set; } = "Pending";

    public bool Ready { get; set; }

    public DateTimeOffset Changed { get; set; } = started;

    public bool IsRunning => Phase is "Pending" or "Running";

    public bool IsBroken => Spec.Spec.Containers is [{ Image: var image }, ..] && image!.EndsWith(":bad");

    public bool IsJob => Spec.Metadata.OwnerReferences is [{ Kind: "Job" }, ..];
}

/// <summary>
/// A node as the server sees it: it takes what it should run while it is connected, runs it also when it is not, keeps
/// its pods over its own restarts, and stops in time what bears being cut off only for a while (design, 6.4).
/// </summary>
internal sealed class SimNode(string name, FakeClock clock, Random random)
{
    private static readonly TimeSpan s_keepAlive = Fencing.KeepAliveDefault;

    private readonly Dictionary<string, SimPod> _pods = [];
    private readonly Dictionary<string, string> _reported = [];
    private readonly HashSet<string> _gone = [];
    private DateTimeOffset _answered = clock.GetUtcNow();

    public string Name { get; } = name;

    public bool Connected { get; private set; } = true;

    /// <summary>Nothing is heard here until what it should run says otherwise (key of the desired map).</summary>
    public HashSet<string> Withheld { get; } = [];

    public DateTimeOffset Answered => _answered;

    public IEnumerable<SimPod> Running => _pods.Values.Where(pod => pod.IsRunning);

    public IReadOnlyCollection<SimPod> Pods => _pods.Values;

    /// <summary>The link of this node breaks or comes back.</summary>
    public void Link(bool connected, SimServer server)
    {
        Connected = connected;
        if (connected)
        {
            Hello(server);
        }
        else
        {
            server.Tell(new LinkEvent.Disconnected(Name));
        }
    }

    /// <summary>A new session: everything is said again.</summary>
    public void Hello(SimServer server)
    {
        if (!Connected)
        {
            return;
        }

        _reported.Clear();
        server.Tell(new LinkEvent.Connected(Name, new Edge.Proto.Link.Hello()));
        Say(server, "node", NodeReport());
    }

    /// <summary>Time passes: pods start, become ready, end; then the node and the server hear each other.</summary>
    public void Tick(SimServer server)
    {
        var now = clock.GetUtcNow();
        foreach (var pod in _pods.Values)
        {
            Age(pod, now);
        }

        if (Connected && Withheld.Count == 0)
        {
            _answered = now;
            server.Heard(Name);
            Take(server, now);
        }

        Fence(now);
        if (Connected && Withheld.Count == 0)
        {
            Report(server);
        }

        Withheld.RemoveWhere(key => server.PodsOf(Name).All(pod => $"pods/{pod.Metadata.Uid}" != key));
    }

    private void Age(SimPod pod, DateTimeOffset now)
    {
        if (pod.Stopping is not null && pod.IsRunning)
        {
            pod.Phase = pod.IsJob ? "Failed" : "Succeeded";
            pod.Ready = false;
            pod.Changed = now;
        }
        else if (pod.Phase == "Pending" && !pod.IsBroken && random.Next(3) > 0)
        {
            pod.Phase = "Running";
            pod.Ready = true;
            pod.Changed = now;
        }
        else if (pod is { Phase: "Running", IsJob: true } && random.Next(4) == 0)
        {
            pod.Phase = random.Next(5) == 0 && pod.Spec.Metadata.Labels?.GetValueOrDefault("flaky") is not null
                ? "Failed"
                : "Succeeded";
            pod.Ready = false;
            pod.Changed = now;
        }
    }

    private void Take(SimServer server, DateTimeOffset now)
    {
        var wanted = server.PodsOf(Name).ToDictionary(pod => pod.Metadata.Uid!);
        foreach (var pod in _pods.Values.Where(pod => !wanted.ContainsKey(pod.Uid)).ToList())
        {
            // Out of desired: it is stopped and forgotten.
            _pods.Remove(pod.Uid);
            _reported.Remove(pod.Uid);
        }

        foreach (var (uid, pod) in wanted)
        {
            if (pod.Metadata.DeletionTimestamp is not null)
            {
                if (_pods.TryGetValue(uid, out var doomed))
                {
                    doomed.Stopping ??= now;
                }
                else
                {
                    _gone.Add(uid);
                }
            }
            else if (!_pods.ContainsKey(uid) && pod.Status?.Phase is not ("Succeeded" or "Failed"))
            {
                _pods[uid] = new SimPod(pod, now);
                server.Started(pod);
            }
        }
    }

    private void Fence(DateTimeOffset now)
    {
        foreach (var pod in _pods.Values.Where(pod => pod.IsRunning))
        {
            if (Fencing.Toleration(pod.Spec) is { } lease
                && now - _answered > lease + Fencing.Slack(s_keepAlive))
            {
                pod.Phase = "Failed";
                pod.Ready = false;
                pod.Changed = now;
            }
        }
    }

    private void Report(SimServer server)
    {
        foreach (var pod in _pods.Values.ToList())
        {
            Say(server, $"pods/{pod.Uid}", PodReport(pod.Spec, pod));
        }

        foreach (var pod in server.PodsOf(Name).Where(pod => _gone.Contains(pod.Metadata.Uid!)))
        {
            Say(server, $"pods/{pod.Metadata.Uid}", PodReport(pod, null));
        }
    }

    private void Say(SimServer server, string key, JsonObject report)
    {
        var text = report.ToJsonString();
        if (_reported.GetValueOrDefault(key) != text)
        {
            _reported[key] = text;
            server.Tell(new LinkEvent.Reported(
                Name, [new MapEntry(key, Encoding.UTF8.GetBytes(text))], [], Snapshot: false, () => { }));
        }
    }

    private static JsonObject PodReport(Pod spec, SimPod? pod) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["namespace"] = spec.Metadata.Namespace, ["name"] = spec.Metadata.Name, ["uid"] = spec.Metadata.Uid,
        },
        ["status"] = new JsonObject
        {
            ["phase"] = pod?.Phase ?? "Failed",
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready", ["status"] = pod?.Ready == true ? "True" : "False",
                ["lastTransitionTime"] = (pod?.Changed ?? DateTimeOffset.UnixEpoch).UtcDateTime
                    .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            }),
            ["containerStatuses"] = pod is { IsRunning: false }
                ? new JsonArray(new JsonObject
                {
                    ["name"] = "main", ["ready"] = false, ["restartCount"] = 0, ["image"] = "i", ["imageID"] = "",
                    ["state"] = new JsonObject
                    {
                        ["terminated"] = new JsonObject { ["exitCode"] = pod.Phase == "Failed" ? 1 : 0 },
                    },
                })
                : null,
        },
        ["removed"] = pod is null || (pod.Stopping is not null && !pod.IsRunning),
    };

    private static JsonObject NodeReport() => new()
    {
        ["labels"] = new JsonObject(),
        ["status"] = new JsonObject
        {
            ["capacity"] = new JsonObject { ["cpu"] = "64", ["memory"] = "64Gi", ["pods"] = "110" },
            ["allocatable"] = new JsonObject { ["cpu"] = "64", ["memory"] = "64Gi", ["pods"] = "110" },
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready", ["status"] = "True", ["reason"] = "KubeletReady", ["message"] = "ready",
            }),
        },
    };
}
