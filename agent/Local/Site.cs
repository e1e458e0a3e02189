using System.Collections.Immutable;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Report;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Local;

/// <summary>What the person on site can have done beyond this folder: whom to wake and whom to tell.</summary>
internal sealed record SiteDoors
{
    /// <summary>What is wanted changed.</summary>
    public Action Wanted { get; init; } = () => { };

    /// <summary>What the Node says of itself changed.</summary>
    public Action NodeChanged { get; init; } = () => { };

    /// <summary>An Event of the Node: warning, reason, message.</summary>
    public Action<bool, string, string> SayOfNode { get; init; } = (_, _, _) => { };
}

/// <summary>
/// This node's own side beside the server's word: what persons applied and stopped, the manifest directory, and what
/// was said of pods. Any thread.
/// </summary>
internal sealed class Site(
    string nodeName, NodeLedger ledger, StaticPods? statics, TimeProvider clock, Random random, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _heldSince = [];
    private ImmutableDictionary<string, PodReport> _reports = ImmutableDictionary<string, PodReport>.Empty;
    private (WantedPlan Wanted, ImmutableDictionary<string, byte[]> Local, LocalChanges Changes)? _changes;
    private ImmutableArray<GivenWay> _givenWay = [];

    public SiteDoors Doors { get; set; } = new();

    public SiteEvents Events { get; } = new(clock);

    /// <summary>The link to the server; null before there is one.</summary>
    public Func<LinkClient?> Link { get; set; } = () => null;

    public IReadOnlyList<string> StaticErrors => statics?.Errors ?? [];

    public ImmutableDictionary<string, PodReport> Reports => Volatile.Read(ref _reports);

    private bool IsConnected => Link()?.State == LinkState.Connected;

    /// <summary>Remembers what was said; whether the server knows of the pod, and so may hear it too.</summary>
    public bool Heard(PodEvent said)
    {
        Events.Add(said);
        return IsServers(said.Pod.Uid);
    }

    /// <summary>Remembers how a pod is, null for one that is gone; whether the server is to be told.</summary>
    public bool Saw(string uid, PodReport? report)
    {
        ImmutableInterlocked.Update(
            ref _reports, (all, now) => now is null ? all.Remove(uid) : all.SetItem(uid, now), report);
        return report is null || IsServers(uid);
    }

    /// <summary>As <see cref="RoundSurroundings.HeldFor"/>. A hold of an earlier life is over its grace.</summary>
    public TimeSpan? HeldFor(string uid)
    {
        if (!ledger.Local.ContainsKey(LocalPlan.HeldPrefix + uid))
        {
            return null;
        }

        lock (_gate)
        {
            return _heldSince.TryGetValue(uid, out var since) ? clock.GetElapsedTime(since) : TimeSpan.MaxValue;
        }
    }

    /// <summary>For the Node's report; computed when something changed.</summary>
    public LocalChanges Changes()
    {
        var (wanted, local) = (ledger.Wanted, ledger.Local);
        lock (_gate)
        {
            if (_changes is not { } known || known.Wanted != wanted || known.Local != local)
            {
                _changes = known = (wanted, local, LocalChangesPlan.For(View(), wanted.GivenWay));
            }

            return known.Changes;
        }
    }

    public SiteView View() => new()
    {
        NodeName = nodeName,
        Now = clock.GetUtcNow(),
        Desired = ledger.Desired,
        Local = ledger.Local,
        Static = ledger.Static,
        IsConnected = IsConnected,
        HasEnded = uid => ledger.Pods.GetValueOrDefault(uid)?.TerminalPhase is not null,
    };

    public LocalPlan Apply(IReadOnlyList<Manifest> manifests) =>
        Do(view => LocalPlan.Apply(manifests, view, _ => NewUid()));

    public LocalPlan Delete(IReadOnlyList<SiteTarget> targets) =>
        Do(view => LocalPlan.Delete(targets, view));

    /// <summary>The server's word ends what a person held against it.</summary>
    public void LinkChanged(LinkState state)
    {
        if (state != LinkState.Connected)
        {
            return;
        }

        lock (_gate)
        {
            var held = ledger.Local.Keys
                .Where(key => key.StartsWith(LocalPlan.HeldPrefix, StringComparison.Ordinal)).ToList();
            if (held.Count == 0)
            {
                return;
            }

            var acts = NodePods.Of(ledger.Desired, PodSource.Server)
                .Where(pod => held.Contains(LocalPlan.HeldPrefix + pod.Uid))
                .Select(pod => $"the server's word ended the stop of pod {pod.Name}").ToList();
            Commit([], held, acts);
            _heldSince.Clear();
        }

        Tell();
    }

    /// <summary>Follows the manifest directory and says what gives way, until cancelled.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        ledger.GivenWayChanged += SayGivenWay;
        try
        {
            SayGivenWay();
            await (statics?.Run(Tell, cancellation) ?? Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation));
        }
        finally
        {
            ledger.GivenWayChanged -= SayGivenWay;
        }
    }

    private bool IsServers(string? uid) => ledger.Desired.ContainsKey(WantedPlan.PodPrefix + uid);

    private LocalPlan Do(Func<SiteView, LocalPlan> decide)
    {
        LocalPlan plan;
        lock (_gate)
        {
            plan = decide(View());
            if (plan.Acts.Count == 0)
            {
                return plan;
            }

            foreach (var (key, _) in plan.Upserts)
            {
                if (key.StartsWith(LocalPlan.HeldPrefix, StringComparison.Ordinal))
                {
                    _heldSince.TryAdd(key[LocalPlan.HeldPrefix.Length..], clock.GetTimestamp());
                }
            }

            Commit(plan.Upserts, plan.Removals, plan.Acts);
        }

        Tell();
        return plan;
    }

    private void Commit(
        IReadOnlyList<KeyValuePair<string, byte[]>> upserts, IReadOnlyList<string> removals, IReadOnlyList<string> acts)
    {
        var all = SiteActs.Read(ledger.Local.GetValueOrDefault(SiteActs.Key)).With(acts, clock.GetUtcNow());
        ledger.ApplyLocal([.. upserts, new(SiteActs.Key, all.Bytes())], removals);
        foreach (var act in acts)
        {
            LocalLog.Acted(logger, act);
            Doors.SayOfNode(false, "ChangedOnSite", act);
        }
    }

    private void Tell()
    {
        Doors.Wanted();
        Doors.NodeChanged();
    }

    private void SayGivenWay()
    {
        ImmutableArray<GivenWay> before, now = ledger.Wanted.GivenWay;
        lock (_gate)
        {
            (before, _givenWay) = (_givenWay, now);
        }

        foreach (var way in now.Except(before))
        {
            LocalLog.HeldBack(logger, way.Name, way.Reason);
            Doors.SayOfNode(true, "HeldBack", $"{way.Name} is held back: {way.Reason}");
        }

        Doors.NodeChanged();
    }

    /// <summary>As Kubernetes writes uids.</summary>
    private string NewUid()
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }
}
