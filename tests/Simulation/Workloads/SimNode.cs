using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;

namespace Edge.Tests.Simulation.Workloads;

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

    /// <summary>The machine is gone and never comes back, with all that it knew.</summary>
    public bool IsScrapped { get; private set; }

    /// <summary>Those that have processes.</summary>
    public IEnumerable<SimPod> Running => _pods.Values.Where(pod => pod is { IsRunning: true, Waits: false });

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
            server.Tell(new LinkEvent.Disconnected(Name, _answered));
        }
    }

    /// <summary>Power off and on: the disk is kept, the processes are not.</summary>
    public void Reboot(SimServer server)
    {
        foreach (var pod in _pods.Values)
        {
            pod.Reboot(clock.GetUtcNow());
        }

        if (Connected)
        {
            server.Tell(new LinkEvent.Disconnected(Name, _answered));
            Hello(server);
        }
    }

    public void Scrap(SimServer server)
    {
        _pods.Clear();
        IsScrapped = true;
        if (Connected)
        {
            Link(connected: false, server);
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
            Age(pod, server, now);
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

    private void Age(SimPod pod, SimServer server, DateTimeOffset now)
    {
        if (pod.Stopping is not null && pod.IsRunning)
        {
            pod.Become(pod.IsJob ? "Failed" : "Succeeded", ready: false, now);
        }
        else if (pod is { Phase: "Pending", IsBroken: false, Waits: false } && random.Next(3) > 0)
        {
            pod.Become("Running", ready: true, now);
        }
        else if (pod is { Phase: "Running", IsJob: true } && random.Next(4) == 0)
        {
            pod.Become(pod.IsFlaky && random.Next(3) == 0 ? "Failed" : "Succeeded", ready: false, now);
            server.Ended(pod);
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

        foreach (var pod in _pods.Values)
        {
            pod.Waits = false;
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
        foreach (var pod in Running.ToList())
        {
            if (Fencing.Toleration(pod.Spec) is { } lease
                && now - _answered > lease + Fencing.Slack(s_keepAlive))
            {
                pod.Become("Failed", ready: false, now);
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
                ["lastTransitionTime"] = TimeJson.Text(pod?.Changed ?? DateTimeOffset.UnixEpoch),
            }),
            ["startTime"] = pod is null ? null : TimeJson.Text(pod.Started),
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
