using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Report.Streams;
using Edge.Proto.Model;
using Edge.Proto.Sync;

namespace Edge.Agent.Local;

/// <summary>What the agent is, for <c>edge-agent status</c>; what changes is asked each time.</summary>
internal sealed record DeskFacts(
    string Version, string NodeName, string LedgerFile, Func<string?> Server, Func<TimeSpan?> SinceAnswer);

/// <summary>Answers a person's requests, each from one snapshot of the node.</summary>
internal sealed class LocalDesk(Site site, NodeLedger ledger, LogStreams logs, DeskFacts facts)
{
    /// <summary>Why a pod does not run that stands in the list.</summary>
    public const string HeldAnnotation = "edge/held";

    /// <summary>Followers hold their place for hours; the other places are for answers at once.</summary>
    private const int FollowersMax = LocalServer.ConnectionsMax / 2;

    private int _followers;

    public Task Answer(LocalRequest request, LocalAnswer answer, CancellationToken cancellation) =>
        (request.Method, request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
        {
            ("GET", ["v1", "pods"]) => answer.Whole(Pods().ToJsonString(), cancellation),
            ("GET", ["v1", "events"]) => answer.Whole(Events().ToJsonString(), cancellation),
            ("GET", ["v1", "status"]) => answer.Whole(Status().ToJsonString(), cancellation),
            ("GET", ["v1", "logs"]) => Logs(request, answer, cancellation),
            ("POST", ["v1", "apply"]) => Changed(site.Apply(Read(request)), answer, cancellation),
            ("POST", ["v1", "delete"]) => Changed(
                site.Delete([.. Read(request).Select(SiteTarget.Of)]),
                answer, cancellation),
            ("DELETE", ["v1", "pods", var ns, var name]) =>
                Changed(site.Delete([new SiteTarget("pod", ns, name)]), answer, cancellation),
            _ => throw new LocalRefusal(404, $"the agent knows no {request.Method} {request.Path}"),
        };

    private static IReadOnlyList<Manifest> Read(LocalRequest request)
    {
        var ns = request.Of("namespace");
        var file = ManifestReader.Read(request.Body, ns.Length > 0 ? ns : "default");
        return file.Errors.Count > 0 ? throw new LocalRefusal(400, string.Join('\n', file.Errors)) : file.Manifests;
    }

    private static Task Changed(LocalPlan plan, LocalAnswer answer, CancellationToken cancellation) =>
        plan.Errors.Count > 0
            ? throw new LocalRefusal(409, string.Join('\n', plan.Errors))
            : answer.Whole(string.Join('\n', plan.Lines) + "\n", cancellation);

    /// <summary>All pods as a list of Kubernetes, with those that leave and those that are held back.</summary>
    private JsonObject Pods()
    {
        var items = new JsonArray();
        var held = ledger.Wanted.GivenWay.ToDictionary(way => way.Key, way => way.Reason);
        var known = new HashSet<string>();
        foreach (var pod in NodePods.All(ledger.Desired, ledger.Static, ledger.Local)
            .OrderBy(pod => pod.Name, StringComparer.Ordinal))
        {
            known.Add(pod.Uid);
            var reason = held.GetValueOrDefault(pod.Key)
                ?? (site.HeldFor(pod.Uid) is null ? null : "a person on site stopped it until the server's next word");
            items.Add(Shown(pod, site.Reports.GetValueOrDefault(pod.Uid)?.Status, reason));
        }

        foreach (var record in ledger.Pods.Values.Where(record => !known.Contains(record.Uid)))
        {
            items.Add((JsonNode)Leaving(record));
        }

        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = items };
    }

    private static JsonNode Shown(NodePod pod, PodStatus? status, string? held)
    {
        var tree = JsonNode.Parse(pod.Bytes)!;
        var metadata = tree["metadata"]!;
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[LocalPods.SourceAnnotation] ??= "api";
        if (held is not null)
        {
            annotations[HeldAnnotation] = held;
        }

        tree["status"] = JsonSerializer.SerializeToNode(
            status ?? new PodStatus { Phase = "Pending" }, ModelJson.Default.PodStatus);
        return tree;
    }

    private static JsonObject Leaving(PodRecord record) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = record.Name,
            ["namespace"] = record.Namespace,
            ["uid"] = record.Uid,
            ["deletionTimestamp"] = TimeJson.Text(record.StartTime),
        },
        ["spec"] = new JsonObject(),
        ["status"] = new JsonObject { ["phase"] = "Running", ["startTime"] = TimeJson.Text(record.StartTime) },
    };

    private JsonArray Events()
    {
        var all = new JsonArray();
        foreach (var (at, said, count) in site.Events.Newest())
        {
            all.Add((JsonNode)new JsonObject
            {
                ["lastTimestamp"] = TimeJson.Text(at),
                ["type"] = said.Warning ? "Warning" : "Normal",
                ["reason"] = said.Reason,
                ["namespace"] = said.Pod.Namespace,
                ["object"] = $"pod/{said.Pod.Name}",
                ["message"] = said.Message,
                ["count"] = Number(count),
            });
        }

        return all;
    }

    private JsonObject Status()
    {
        var (link, view) = (site.Link(), site.View());
        var desired = Digest.Empty;
        foreach (var (key, value) in view.Desired)
        {
            desired += Digest.OfEntry(key, value);
        }

        var since = facts.SinceAnswer();
        return new JsonObject
        {
            ["version"] = facts.Version,
            ["node"] = facts.NodeName,
            ["server"] = facts.Server() ?? "none: this node is not enrolled",
            ["session"] = link?.State == LinkState.Connected ? "connected" : "disconnected",
            ["refusal"] = link?.Refusal,
            ["lastAnswer"] = since is { } ago ? $"{HumanDuration.Of(ago)} ago" : "none since the machine was started",
            ["lastAnswerSeconds"] = since is { } seconds ? Number((long)seconds.TotalSeconds) : null,
            ["desiredDigest"] = desired.ToString(),
            ["reportedDigest"] = link?.Reported.ToString(),
            ["clock"] = TimeJson.Text(view.Now),
            ["ledgerBytes"] = Number(Bytes(facts.LedgerFile) + Bytes(facts.LedgerFile + "-wal")),
            ["pods"] = $"{NodePods.Of(view.Desired, PodSource.Server).Count()} of the server, "
                + $"{NodePods.Of(view.Static, PodSource.Static).Count()} static, "
                + $"{NodePods.Of(view.Local, PodSource.Local).Count()} local",
            ["localChanges"] = site.Changes().Message,
            ["staticErrors"] = site.StaticErrors.Count > 0 ? string.Join("; ", site.StaticErrors) : null,
        };
    }

    /// <summary>Parsed and not made: a kind of value for each number type would be code for nothing.</summary>
    private static JsonNode? Number(long number) => JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture));

    private static long Bytes(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private async Task Logs(LocalRequest request, LocalAnswer answer, CancellationToken cancellation)
    {
        var log = Asked(request, answer);
        if (log.Follow && Interlocked.Increment(ref _followers) > FollowersMax)
        {
            Interlocked.Decrement(ref _followers);
            throw new LocalRefusal(503, $"{FollowersMax} logs are being followed already");
        }

        try
        {
            if (await logs.Copy(log, answer.Piece, cancellation) is { } refusal)
            {
                throw new LocalRefusal(400, refusal);
            }

            await answer.End(cancellation);
        }
        finally
        {
            if (log.Follow)
            {
                Interlocked.Decrement(ref _followers);
            }
        }
    }

    private LogStreamRequest Asked(LocalRequest request, LocalAnswer answer)
    {
        var (name, container) = (request.Of("pod"), request.Of("container"));
        var pod = NodePods.All(ledger.Desired, ledger.Static, ledger.Local)
            .FirstOrDefault(pod => pod.Name == $"{request.Of("namespace")}/{name}"
                && ledger.Wanted.Entries.ContainsKey(pod.Key))
            ?? throw new LocalRefusal(404, $"pods \"{name}\" not found");
        var spec = pod.Pod.Spec;
        var names = spec.Containers.Concat(PodShape.All(pod.Pod)).Select(one => one.Name).Distinct().ToList();
        if (container.Length == 0 && names.Count > 0)
        {
            container = names[0];
            answer.Note = names.Count > 1
                ? $"Defaulted container \"{container}\" out of: {string.Join(", ", names)}"
                : null;
        }

        if (!names.Contains(container))
        {
            throw new LocalRefusal(400, $"container {container} is not valid for pod {name}");
        }

        var tail = request.Of("tail");
        return new LogStreamRequest
        {
            PodUid = pod.Uid,
            PodNamespace = pod.Pod.Metadata.Namespace ?? "default",
            PodName = name,
            Container = container,
            Follow = request.Is("follow"),
            Previous = request.Is("previous"),
            Timestamps = request.Is("timestamps"),
            TailLines = tail.Length == 0 ? null
                : long.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var lines) ? lines
                : throw new LocalRefusal(400, $"tail: \"{tail}\" is not a number of lines"),
        };
    }
}
