using System.Text.Json;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Report;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Fencing;

/// <summary>
/// The node's side: the real session, contact and lease, over a ledger and containers that are dictionaries. A
/// container that is asked to end takes what it gets, and is killed then.
/// </summary>
internal sealed class FencingNode
{
    private readonly FakeClock _clock;
    private readonly Random _random;
    private TimeSpan _keepAlive;
    private readonly string _runDir;
    private readonly List<string> _trace;
    private readonly Dictionary<string, byte[]> _ledger = [];

    /// <summary>Pods that run, and since when they are asked to end.</summary>
    private readonly Dictionary<string, TimeSpan?> _running = [];
    private readonly HashSet<string> _gone = [];
    private AgentSession _session;
    private ServerContact _contact;
    private RoundSurroundings _around;
    private MapChange? _committing;
    private int _boot;
    private int _downFor;
    private int _roundIn;
    private ulong _incarnation;

    public FencingNode(FakeClock clock, Random random, TimeSpan keepAlive, string runDir, List<string> trace)
    {
        (_clock, _random, _keepAlive, _runDir, _trace) = (clock, random, keepAlive, runDir, trace);
        (_session, _contact, _around) = Begin();
    }

    public required Action<byte[]> Up { get; init; }

    public required Action<byte[]> Presence { get; init; }

    public int Started { get; private set; }

    public IEnumerable<string> Running => _running.Keys;

    private TimeSpan Now => TimeSpan.FromTicks(_clock.GetTimestamp());

    public void Connect()
    {
        _incarnation++;
        Presence(Google.Protobuf.MessageExtensions.ToByteArray(
            new Presence { Incarnation = _incarnation, Online = true }));
        _session.Connected(Now);
    }

    /// <summary>The broker gives the will, which may be late or lost.</summary>
    public void Lose()
    {
        _session.Lost();
        Presence(Google.Protobuf.MessageExtensions.ToByteArray(
            new Presence { Incarnation = _incarnation, Online = false }));
    }

    /// <summary>Containers outlive the agent, which is away for a moment.</summary>
    public void Restart()
    {
        if (_random.Next(2) == 0)
        {
            // Somebody sets it differently.
            _keepAlive = TimeSpan.FromSeconds(_random.Next(10, 601));
        }

        _downFor = _random.Next(1, 5);
        _committing = null;
        _contact.Keep();
        (_session, _contact, _around) = Begin();
    }

    public void Boot()
    {
        _boot++;
        _running.Clear();
        Restart();
    }

    public void Receive(Envelope envelope)
    {
        if (_downFor == 0)
        {
            _session.Receive(envelope, Now);
            _contact.Keep();
        }
    }

    public void Tick()
    {
        if (_downFor > 0)
        {
            _downFor--;
            return;
        }

        _session.Poll(Now);
        _committing ??= _session.Desired.TakeOffer();
        if (_committing is { } change && _random.Next(3) == 0)
        {
            Commit(change);
        }

        _contact.Keep();
        if (--_roundIn <= 0)
        {
            Round();
            // The loop wakes for what is due; here it looks twice a second to once in two.
            _roundIn = _random.Next(1, 4);
        }
    }

    private (AgentSession, ServerContact, RoundSurroundings) Begin()
    {
        var settings = new SessionSettings { ClusterUid = "test", KeepAlive = _keepAlive, BootId = $"{_boot}" };
        var session = new AgentSession(
            settings, _ledger.Select(pair => new MapEntry(pair.Key, pair.Value)), _random,
            envelope => Up!(Packet.Encode(envelope)));
        var contact = new ServerContact(_runDir, $"{_boot}", _keepAlive, () => Answer(session), _clock);
        var around = new RoundSurroundings(
            _clock, () => throw new InvalidOperationException("nobody asks"), contact.Since, (_, _) => { })
        {
            KeepAlive = () => Edge.Proto.Model.Fencing.KeepAlive(
                contact.KeepAlive, new ObjectSource(_ledger).Node()),
        };
        return (session, contact, around);
    }

    private static ServerAnswer? Answer(AgentSession session) =>
        session.LastAnswered is { } at ? new ServerAnswer(at.Ticks, session.IsDesiredReached) : null;

    private void Commit(MapChange change)
    {
        foreach (var key in change.Removals)
        {
            _ledger.Remove(key);
        }

        foreach (var (key, value) in change.Upserts)
        {
            _ledger[key] = value.ToArray();
        }

        _committing = null;
        if (ReferenceEquals(_session.Desired.Pending, change))
        {
            _session.Desired.Committed(Now);
        }
    }

    private void Round()
    {
        foreach (var uid in _running.Keys.Where(uid => !_ledger.ContainsKey($"pods/{uid}")).ToList())
        {
            _running.Remove(uid);
        }

        foreach (var (key, bytes) in _ledger)
        {
            if (key == "node")
            {
                continue;
            }

            var uid = key["pods/".Length..];
            var pod = JsonSerializer.Deserialize(bytes, ModelJson.Default.Pod)!;
            Decide(uid, pod);
            var report = new PodReport
            {
                Metadata = pod.Metadata,
                Status = new PodStatus { ObservedGeneration = pod.Metadata.Generation },
                Removed = _gone.Contains(uid),
            };
            _session.Reported.Apply(
                [new MapEntry(key, JsonSerializer.SerializeToUtf8Bytes(report, ModelJson.Default.PodReport))], []);
        }
    }

    private void Decide(string uid, Pod pod)
    {
        var stage = _around.LeaseStage(pod);
        var ends = stage > 0 || pod.Metadata.DeletionTimestamp is not null;
        if (!ends)
        {
            if (_running.TryAdd(uid, null))
            {
                Started++;
                _trace.Add($"{Now} {uid} starts");
            }

            _running[uid] = null;
        }
        else if (_running.TryGetValue(uid, out var asked))
        {
            var since = asked ?? Now;
            _running[uid] = since;
            if (stage == 2 || Now - since >= TimeSpan.FromSeconds(PodShape.GraceSeconds(pod)))
            {
                _running.Remove(uid);
                _trace.Add($"{Now} {uid} was ended, stage {stage}");
            }
        }
        else if (pod.Metadata.DeletionTimestamp is not null)
        {
            _gone.Add(uid);
        }
    }
}
