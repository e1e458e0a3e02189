using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fencing;

/// <summary>
/// The server's side: the real table of links and the real plan of eviction, over a store that is a dictionary. What
/// nodes should run follows the store late, as it does there.
/// </summary>
internal sealed class FencingServer(FakeClock clock, Random random, Action<byte[]> send)
{
    private const string Name = "n1";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(40);

    private readonly Dictionary<string, Pod> _pods = [];
    private LinkTable _table = NewTable(clock, random, send);
    private long _lostAt = clock.GetTimestamp();
    private bool _there;
    private int _publishIn = 1;
    private long _revision;

    /// <summary>On disk; a hello's is written a moment after it was answered, unless the server ends before.</summary>
    private TimeSpan _keepAlive = Edge.Proto.Model.Fencing.KeepAliveDefault;
    private TimeSpan? _told;
    private int _writeIn;

    public int Removed { get; private set; }

    public bool Knows(string uid) => _pods.ContainsKey(uid);

    public void Add(Pod pod) => Put(pod);

    /// <summary>Another pod for one that went.</summary>
    public void AddAgain(Pod pod)
    {
        if (_pods.Count < 4)
        {
            Put(pod);
        }
    }

    /// <summary>Somebody changes one of the pods.</summary>
    public void Change(Func<Pod, Pod> change)
    {
        // Of a pod that is being deleted nothing that counts here can be changed.
        if (_pods.Count > 0
            && _pods.Values.ElementAt(random.Next(_pods.Count)) is { Metadata.DeletionTimestamp: null } chosen)
        {
            var pod = change(chosen);
            Put(pod with { Metadata = pod.Metadata with { Generation = pod.Metadata.Generation + 1 } });
        }
    }

    public void Restart()
    {
        _told = null;
        (_table, _there, _lostAt) = (NewTable(clock, random, send), false, clock.GetTimestamp());
        Publish();
        _table.Handle(new MqttEvent.Connected());
    }

    public void Receive(bool presence, byte[] packet) => _table.Handle(new MqttEvent.Received(
        new MqttMessage(presence ? Topics.Presence(Name) : Topics.Up(Name), packet)));

    public void Tick()
    {
        if (_told is { } hello && --_writeIn <= 0)
        {
            (_keepAlive, _told) = (hello, null);
            _publishIn = _publishIn > 0 ? _publishIn : random.Next(1, 10);
        }

        if (_publishIn > 0 && --_publishIn == 0)
        {
            Publish();
        }

        _table.Work((link, change) => Take(link, change));
        foreach (var told in _table.TakePending())
        {
            Hear(told);
        }

        Evict();
    }

    private static LinkTable NewTable(FakeClock clock, Random random, Action<byte[]> send) => new(
        new SessionSettings { ClusterUid = "test" }, clock, random, (_, envelope) => send(Packet.Encode(envelope)),
        NullLogger.Instance);

    private void Put(Pod pod)
    {
        _pods[pod.Metadata.Uid!] = pod;
        _publishIn = _publishIn > 0 ? _publishIn : random.Next(1, 10);
    }

    private void Publish()
    {
        _table.SetAllDesired(
            Name,
            [
                .. _pods.Select(pair => new MapEntry($"pods/{pair.Key}", Bytes(pair.Value with { Status = null }))),
                .. DesiredPlan.Of(Node(away: false), [], _ => null),
            ]);
        _table.Published(_revision);
    }

    private static byte[] Bytes(Pod pod) => JsonSerializer.SerializeToUtf8Bytes(pod, ModelJson.Default.Pod);

    private static void Take(NodeLink link, MapChange change)
    {
        if (ReferenceEquals(link.Session.Reported.Pending, change))
        {
            link.Session.Reported.Committed(TimeSpan.Zero);
        }
    }

    private void Hear(LinkEvent told)
    {
        switch (told)
        {
            case LinkEvent.Connected connected:
                _there = true;
                (_told, _writeIn) = (TimeSpan.FromSeconds(connected.Hello.KeepAliveSeconds), random.Next(1, 6));
                break;
            case LinkEvent.Disconnected:
                (_there, _lostAt) = (false, clock.GetTimestamp());
                break;
            case LinkEvent.Reported reported:
                foreach (var entry in reported.Upserts)
                {
                    Report(entry);
                }

                reported.Committed();
                break;
        }
    }

    /// <summary>A pod leaves when it is deleted and its node says so; else it tells the generation it knows.</summary>
    private void Report(MapEntry entry)
    {
        var uid = entry.Key["pods/".Length..];
        var report = JsonSerializer.Deserialize(entry.Value.Span, ModelJson.Default.PodReport)!;
        if (!_pods.TryGetValue(uid, out var pod))
        {
            return;
        }

        _pods[uid] = pod with { Status = report.Status };
        if (report.Removed && pod.Metadata.DeletionTimestamp is not null)
        {
            _pods.Remove(uid);
            _publishIn = _publishIn > 0 ? _publishIn : random.Next(1, 10);
        }
    }

    private void Evict()
    {
        var away = !_there && clock.GetElapsedTime(_lostAt) >= Grace;
        var node = Node(away);
        foreach (var (uid, pod) in _pods.ToList())
        {
            var decision = TaintEvictionPlan.Decide(pod, node, TimeSpan.Zero, _table.SilenceOf(Name));
            var wait = Edge.Proto.Model.Fencing.ServerWait(pod, _keepAlive);
            if (!decision.Removes || !_table.TryWithhold(Name, $"pods/{uid}", wait!.Value))
            {
                continue;
            }

            if (random.Next(5) == 0)
            {
                // The write was overtaken.
                _table.Release(Name, $"pods/{uid}");
                continue;
            }

            _pods.Remove(uid);
            _table.Settle(Name, $"pods/{uid}", ++_revision);
            Removed++;
            _publishIn = _publishIn > 0 ? _publishIn : random.Next(1, 10);
        }
    }

    private Node Node(bool away) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = Name,
            Annotations = new Dictionary<string, string>
            {
                [Edge.Proto.Model.Fencing.KeepAliveAnnotation] = $"{(int)_keepAlive.TotalSeconds}",
            },
        },
        Spec = new NodeSpec
        {
            Taints = away
                ? [new Taint { Key = Edge.Proto.Model.Fencing.UnreachableTaint, Effect = "NoExecute" }]
                : [],
        },
    };
}
