using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>How bad the way between one node and the broker is.</summary>
internal sealed class SimWay
{
    public double Loss { get; set; }

    public double Doubling { get; set; }

    public TimeSpan DelayMost { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>One packet of so many is late by up to <see cref="LateMost"/>.</summary>
    public int LateOneIn { get; set; } = int.MaxValue;

    public TimeSpan LateMost { get; set; }

    /// <summary>Nothing goes through, and nobody is told.</summary>
    public bool IsCut { get; set; }

    /// <summary>What the node says is lost; what is on its way to it still comes.</summary>
    public bool IsMute { get; set; }

    /// <summary>The next hello or heartbeat is the last that gets through.</summary>
    public bool IsMuteNext { get; set; }

    public int Flying { get; set; }
}

/// <summary>
/// The broker and the ways to it. It keeps nothing over its own restart. Messages are lost, doubled, late and out of
/// order; connections are cut without a word, and both ends find out at different times.
/// </summary>
internal sealed class SimWire(SimClock clock, Random random, ClusterTrace trace)
{
    private const int TopicStart = 20;

    private static readonly TimeSpan s_retryLeast = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, SimWay> _ways = [];
    private readonly Dictionary<string, Flying> _retained = [];

    /// <summary>The broker's sessions: of a node, and of the server under the empty name.</summary>
    private readonly Dictionary<string, SimConnection> _sessions = [];

    private bool _isUp = true;

    /// <summary>Sees each message when it is sent, and each copy that arrives when it does (true).</summary>
    public Action<string, Envelope, bool>? Tap { get; set; }

    public int Packets { get; private set; }

    public int FlyingMost { get; private set; }

    public IReadOnlyDictionary<string, SimWay> Ways => _ways;

    public void Add(string node) => _ways[node] = new SimWay();

    /// <summary>The connection is tried, and tried again, until its process ends.</summary>
    public void Attach(SimConnection connection) => Retry(connection, new Backoff(
        s_retryLeast, connection.Node is null ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(300), random));

    /// <summary>The process is gone. Whoever pulls the plug says no goodbye.</summary>
    public void Detach(SimConnection connection, bool silently)
    {
        if (!silently && !IsCut(connection))
        {
            End(connection, connection.Number, "its process ended");
        }
        else
        {
            Suspect(connection, connection.Settings!.KeepAlive * 1.5);
        }
    }

    public void Cut(string node)
    {
        _ways[node].IsCut = true;
        if (_sessions.GetValueOrDefault(node) is { } connection)
        {
            var patience = connection.Settings!.KeepAlive;
            Suspect(connection, patience * (0.5 + random.NextDouble()));
            After(patience * (0.5 + random.NextDouble()), () => BreakIfCut(connection));
        }
    }

    public void Mend(string node)
    {
        var way = _ways[node];
        way.IsCut = way.IsMute = way.IsMuteNext = false;
    }

    /// <summary>All sessions and all that it held are lost; it is back after this time.</summary>
    public void RestartBroker(TimeSpan down)
    {
        trace.Note($"broker restarts within {down}");
        _isUp = false;
        _retained.Clear();
        foreach (var connection in _sessions.Values.ToList())
        {
            _sessions.Remove(Id(connection));
            Lose(connection, "the broker ended");
        }

        After(down, () => _isUp = true);
    }

    /// <summary>Every node's connection breaks at once, and the broker tells of it.</summary>
    public void DropAll()
    {
        foreach (var connection in _sessions.Values.Where(one => one.Node is not null).ToList())
        {
            End(connection, connection.Number, "it was dropped");
        }
    }

    public void Publish(SimConnection from, string topic, ReadOnlyMemory<byte> payload, bool retain)
    {
        Packets++;
        var message = new Flying(new MqttMessage(topic, payload), retain ? null : Packet.Decode(payload.Span));
        if (message.Envelope is { } envelope)
        {
            Tap?.Invoke(topic, envelope, false);
        }

        if (from.Node is null)
        {
            ToNode(message);
            return;
        }

        var way = _ways[from.Node];
        if (way.IsCut || way.IsMute)
        {
            return;
        }

        if (_sessions.GetValueOrDefault(from.Node) != from)
        {
            // The broker gave it up while it was cut: its next packet is answered with a reset.
            Lose(from, "reset by the broker");
            return;
        }

        if (way.IsMuteNext
            && message.Envelope?.BodyCase is Envelope.BodyOneofCase.Hello or Envelope.BodyOneofCase.Heartbeat)
        {
            (way.IsMute, way.IsMuteNext) = (true, false);
            Suspect(from, from.Settings!.KeepAlive * (1 + random.NextDouble()));
            AtBroker(message, retain);
            return;
        }

        Fly(way, reliable: retain, () => AtBroker(message, retain));
    }

    private static string Id(SimConnection connection) => connection.Node ?? "";

    private bool IsCut(SimConnection connection) => connection.Node is { } node && _ways[node].IsCut;

    /// <summary>The broker hears nothing of it.</summary>
    private bool IsDeaf(SimConnection connection) =>
        connection.Node is { } node && (_ways[node].IsCut || _ways[node].IsMute);

    private void ToNode(Flying message)
    {
        var node = Topics.Parse(message.Message.Topic)!.Node;
        if (!_isUp || !_ways.TryGetValue(node, out var way) || way.IsCut)
        {
            return;
        }

        Fly(way, reliable: false, () =>
        {
            if (_sessions.GetValueOrDefault(node) is { IsConnected: true } connection)
            {
                Seen(message, connection);
            }
        });
    }

    private void AtBroker(Flying message, bool retain)
    {
        if (retain)
        {
            _retained[message.Message.Topic] = message;
        }

        if (_isUp && _sessions.GetValueOrDefault("") is { } server)
        {
            Seen(message, server);
        }
    }

    private void Seen(Flying message, SimConnection receiver)
    {
        var topic = message.Message.Topic;
        trace.Note($"{topic[TopicStart..]} {message.Envelope?.BodyCase.ToString() ?? "arrives"}");
        if (message.Envelope is { } envelope)
        {
            Tap?.Invoke(topic, envelope, true);
        }

        receiver.Receive(message.Message);
    }

    private void Fly(SimWay way, bool reliable, Action arrive)
    {
        if (!reliable && random.NextDouble() < way.Loss)
        {
            return;
        }

        var copies = !reliable && random.NextDouble() < way.Doubling ? 2 : 1;
        for (; copies > 0; copies--)
        {
            var most = random.Next(way.LateOneIn) == 0 ? way.LateMost : way.DelayMost;
            FlyingMost = Math.Max(FlyingMost, ++way.Flying);
            After(most * random.NextDouble(), () =>
            {
                way.Flying--;
                if (!way.IsCut)
                {
                    arrive();
                }
            });
        }
    }

    private void Retry(SimConnection connection, Backoff backoff) => After(backoff.Next(), () =>
    {
        if (!connection.Process.IsAlive || connection.IsConnected)
        {
            return;
        }

        if (!_isUp || IsDeaf(connection))
        {
            Retry(connection, backoff);
            return;
        }

        if (_sessions.GetValueOrDefault(Id(connection)) is { } older)
        {
            // Another connection of the same client ends the one before it.
            End(older, older.Number, "another took its place");
        }

        _sessions[Id(connection)] = connection;
        trace.Note($"{connection.Process.Name} is connected");
        connection.Open();
        if (connection.Node is null)
        {
            foreach (var (_, message) in _retained.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList())
            {
                Seen(message, connection);
            }
        }
    });

    /// <summary>The broker hears nothing of it; when that is still so after this time, it is gone.</summary>
    private void Suspect(SimConnection connection, TimeSpan patience)
    {
        var number = connection.Number;
        After(patience, () =>
        {
            if (!connection.Process.IsAlive || IsDeaf(connection))
            {
                End(connection, number, "nothing was heard of it");
            }
        });
    }

    private void BreakIfCut(SimConnection connection)
    {
        if (IsCut(connection))
        {
            Lose(connection, "no answer of the broker");
        }
    }

    /// <summary>The broker's side of it ends: the will is said.</summary>
    private void End(SimConnection connection, int number, string reason)
    {
        if (connection.Number != number || _sessions.GetValueOrDefault(Id(connection)) != connection)
        {
            return;
        }

        _sessions.Remove(Id(connection));
        trace.Note($"broker ends {connection.Process.Name}: {reason}");
        if (connection.Will is { } will)
        {
            AtBroker(new Flying(will, null), retain: true);
        }

        if (!IsCut(connection))
        {
            Lose(connection, reason);
        }
    }

    /// <summary>Its own side of it ends, and it tries again.</summary>
    private void Lose(SimConnection connection, string reason)
    {
        if (connection.IsConnected)
        {
            connection.Close(reason);
            Attach(connection);
        }
    }

    private void After(TimeSpan wait, Action act) => clock.After(wait, act);

    /// <summary>A message and what it carries; null when that concerns nobody here.</summary>
    private readonly record struct Flying(MqttMessage Message, Envelope? Envelope);
}
