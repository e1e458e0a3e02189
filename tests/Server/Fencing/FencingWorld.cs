using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Fencing;

/// <summary>
/// One seed: a server and a node that keep pods by leases, with clocks of their own, over a link that loses, delays and
/// breaks. Nothing tells either when the other is wrong but what passes between them.
/// </summary>
internal sealed class FencingWorld : IDisposable
{
    /// <summary>Real time between two looks at everything.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(90);

    private readonly Random _random;
    private readonly FakeClock _nodeClock = new();
    private readonly FakeClock _serverClock = new();
    private readonly double _nodeRate;
    private readonly string _runDir = MemoryDirectory.Create("edge-fencing-");
    private readonly PriorityQueue<(bool ToServer, bool Presence, byte[] Packet), (TimeSpan At, int Order)> _flying =
        new();
    private readonly FencingServer _server;
    private readonly FencingNode _node;
    private TimeSpan _now;
    private TimeSpan _linkChanges;
    private bool _linkUp = true;
    private int _order;

    public FencingWorld(int seed)
    {
        _random = new Random(seed);
        // Either may be the slower by one per cent of the other.
        _nodeRate = _random.Next(3) switch { 0 => 1 / 1.01, 1 => 1.01, _ => 1 };
        var keepAlive = TimeSpan.FromSeconds(_random.Next(10, 121));
        _server = new FencingServer(_serverClock, _random, packet => Send(toServer: false, false, packet));
        _node = new FencingNode(_nodeClock, _random, keepAlive, _runDir, Trace)
        {
            Up = packet => Send(toServer: true, false, packet),
            Presence = packet => Send(toServer: true, true, packet),
        };
        for (var i = 0; i < 4; i++)
        {
            _server.Add(NewPod(i));
        }
    }

    public List<string> Trace { get; } = [];

    /// <summary>Pods that the server took for gone, which shows that the test tests something.</summary>
    public int Removed => _server.Removed;

    /// <summary>Starts of pods, for the same reason.</summary>
    public int Started => _node.Started;

    /// <summary>The first thing that must not be, or null.</summary>
    public string? Run()
    {
        _node.Connect();
        while (_now < Life)
        {
            _now += Step;
            _nodeClock.Advance(Step * _nodeRate);
            _serverClock.Advance(Step);
            Weather();
            Deliver();
            _node.Tick();
            _server.Tick();
            foreach (var uid in _node.Running)
            {
                if (!_server.Knows(uid))
                {
                    return $"at {_now} pod {uid} runs, and the server took it for gone";
                }
            }
        }

        return null;
    }

    public void Dispose() => Directory.Delete(_runDir, recursive: true);

    private static Pod Bearing(Pod pod, long seconds) => pod with
    {
        Spec = pod.Spec with
        {
            Tolerations =
            [
                new Toleration
                {
                    Key = Edge.Proto.Model.Fencing.UnreachableTaint, Operator = "Exists", Effect = "NoExecute",
                    TolerationSeconds = seconds,
                },
            ],
        },
    };

    private Pod NewPod(int number) => Bearing(
        new Pod
        {
            Metadata = new ObjectMeta { Uid = $"{number}", Name = $"pod-{number}", Namespace = "ns", Generation = 1 },
            Spec = new PodSpec { NodeName = "n1", TerminationGracePeriodSeconds = _random.Next(0, 40) },
        },
        _random.Next(0, 200));

    private void Weather()
    {
        if (_now >= _linkChanges)
        {
            _linkUp = !_linkUp || _random.Next(4) == 0;
            _linkChanges = _now + TimeSpan.FromSeconds(_random.Next(5, _linkUp ? 600 : 900));
            Say(_linkUp ? "the link is up" : "the link is down");
            if (_random.Next(2) == 0)
            {
                // Else neither end is told, as when a router forgets a connection.
                _node.Lose();
            }

            if (_linkUp)
            {
                _node.Lose();
                _node.Connect();
            }
        }

        switch (_random.Next(2400))
        {
            case 0:
                Say("the server restarts");
                _server.Restart();
                break;
            case 1:
                Say("the agent restarts");
                _node.Restart();
                DropFromNode();
                Reconnect();
                break;
            case 2 when _random.Next(3) == 0:
                Say("the node boots");
                _node.Boot();
                DropFromNode();
                Reconnect();
                break;
            case 3 or 4:
                var seconds = _random.Next(0, 200);
                Say($"a toleration becomes {seconds} s");
                _server.Change(pod => Bearing(pod, seconds));
                break;
            case 5:
                _server.AddAgain(NewPod(_random.Next(100, 100000)));
                break;
            case 6:
                Say("a pod is deleted");
                _server.Change(pod => pod with
                {
                    Metadata = pod.Metadata with
                    {
                        DeletionTimestamp = _serverClock.GetUtcNow(), DeletionGracePeriodSeconds = _random.Next(1, 300),
                    },
                });
                break;
            case 7:
                _nodeClock.StepWall(TimeSpan.FromMinutes(_random.Next(-600, 600)));
                break;
        }
    }

    /// <summary>
    /// What an agent's old connection had not delivered yet ends with it: a hello of an earlier life comes never after
    /// one of a later.
    /// </summary>
    private void DropFromNode()
    {
        var kept = _flying.UnorderedItems.Where(item => !item.Element.ToServer).ToList();
        _flying.Clear();
        kept.ForEach(item => _flying.Enqueue(item.Element, item.Priority));
    }

    private void Reconnect()
    {
        if (_linkUp)
        {
            _node.Connect();
        }
    }

    private void Send(bool toServer, bool presence, byte[] packet)
    {
        if (!_linkUp || _random.Next(20) == 0)
        {
            return;
        }

        var scale = _random.Next(40) == 0 ? 60 : 1;
        _flying.Enqueue(
            (toServer, presence, packet), (_now + (TimeSpan.FromSeconds(2) * scale * _random.NextDouble()), _order++));
    }

    private void Deliver()
    {
        while (_flying.TryPeek(out _, out var due) && due.At <= _now)
        {
            var (toServer, presence, packet) = _flying.Dequeue();
            if (toServer)
            {
                _server.Receive(presence, packet);
            }
            else if (Packet.Decode(packet) is { } envelope)
            {
                _node.Receive(envelope);
            }
        }
    }

    private void Say(string what) => Trace.Add($"{_now} {what}");
}
