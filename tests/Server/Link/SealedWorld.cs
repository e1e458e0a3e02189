using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Link;

/// <summary>
/// A server and a node that seal what they say, with a broker in between that drops, repeats, delays, records, replays
/// and makes things up. No clock and no broker but those of the test: a seed says all.
/// </summary>
internal sealed class SealedWorld : IDisposable
{
    private const string Node = "a";
    private const string Key = "pods/1";

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    private readonly FakeClock _clock = new();
    private readonly SealAuthority _authority = new();
    private readonly List<(string Topic, byte[] Packet)> _recorded = [];
    private readonly List<(TimeSpan Due, string Topic, byte[] Packet)> _flying = [];
    private readonly Random _random;
    private readonly LinkTable _table;
    private readonly AgentSession _session;
    private readonly AgentSeal _seal;

    public SealedWorld(int seed)
    {
        _random = new Random(seed);
        _table = new LinkTable(
            new SessionSettings { ClusterUid = "test" }, _clock, _random, Send, NullLogger.Instance,
            new SealIdentity(_authority.Sign($"CN={SealIdentity.ServerName}"), _authority.Trusted));
        var node = new SealIdentity(_authority.Sign($"CN={Topics.UserPrefix}{Node}"), _authority.Trusted);
        var up = Topics.Up(Node);
        _seal = new AgentSeal("test", Node, () => node, packet => Send(up, packet));
        _session = new AgentSession(
            new SessionSettings { ClusterUid = "test" }, [], _random,
            envelope => Send(up, _seal.Seal(up, envelope)));
        _session.Connected(_table.Now);
        Change();
    }

    /// <summary>What each end said last, and the other heard last.</summary>
    public int Desired { get; private set; }

    public int Reported { get; private set; }

    public int DesiredHeard { get; private set; }

    public int ReportedHeard { get; private set; }

    /// <summary>How often the server took the node for gone.</summary>
    public int Losses { get; private set; }

    public bool Loses { get; set; }

    public bool Attacks { get; set; }

    public bool IsOpen => _session.IsOpen && _table.Open(Node) is not null;

    public void Dispose() => _authority.Dispose();

    public void Change()
    {
        _table.SetAllDesired(Node, [new MapEntry(Key, Encoding.UTF8.GetBytes($"{++Desired}"))]);
        _session.Reported.Apply([new MapEntry(Key, Encoding.UTF8.GetBytes($"{++Reported}"))], []);
    }

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            _clock.Advance(Step);
            if (Attacks)
            {
                Attack();
            }

            Deliver();
            Work();
        }
    }

    private void Work()
    {
        _seal.Poll(_table.Now);
        _session.Poll(_table.Now);
        if (_session.Desired.TakeOffer() is { } change)
        {
            DesiredHeard = Newer(change.Upserts, DesiredHeard, Desired);
            Assert.Empty(change.Removals);
            _session.Desired.Committed(_table.Now);
        }

        _table.Work((link, taken) => link.Session.Reported.Committed(_table.Now));
        foreach (var told in _table.TakePending())
        {
            Losses += told is LinkEvent.Disconnected ? 1 : 0;
            if (told is LinkEvent.Reported reported)
            {
                ReportedHeard = Newer(reported.Upserts, ReportedHeard, Reported);
                reported.Committed();
            }
        }
    }

    /// <summary>An end hears only what the other said, and never an older word after a newer one.</summary>
    private static int Newer(IReadOnlyList<MapEntry> upserts, int heard, int said)
    {
        var value = int.Parse(Encoding.UTF8.GetString(Assert.Single(upserts).Value.Span));
        Assert.InRange(value, heard, said);
        return value;
    }

    private void Send(string topic, Envelope? packet)
    {
        if (packet is null)
        {
            return;
        }

        var bytes = Packet.Encode(packet);
        _recorded.Add((topic, bytes));
        for (var copies = Loses ? _random.Next(5) switch { 0 => 0, 1 => 2, _ => 1 } : 1; copies > 0; copies--)
        {
            _flying.Add((_table.Now + (Loses ? Step * _random.Next(4) : TimeSpan.Zero), topic, bytes));
        }
    }

    private void Attack()
    {
        for (var i = _random.Next(4); i > 0; i--)
        {
            var (topic, packet) = _recorded[_random.Next(_recorded.Count)];
            byte[] bytes = [.. packet];
            if (_random.Next(2) == 0)
            {
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
            }

            _flying.Add((_table.Now, _random.Next(4) == 0 ? Topics.StreamUp(Node, "1") : topic, bytes));
        }

        if (_random.Next(3) == 0)
        {
            var invite = new Envelope { Invite = new Invite { ClusterUid = "test" } };
            _flying.Add((_table.Now, Topics.Down(Node), Packet.Encode(invite)));
            var presence = new Presence { Incarnation = 1, Online = _random.Next(2) == 0 };
            _flying.Add((_table.Now, Topics.Presence(Node), presence.ToByteArray()));
        }
    }

    private void Deliver()
    {
        while (_flying.FindIndex(one => one.Due <= _table.Now) is >= 0 and var at)
        {
            var (_, topic, packet) = _flying[at];
            _flying.RemoveAt(at);
            if (topic == Topics.Down(Node))
            {
                Hear(topic, packet);
            }
            else
            {
                _table.Handle(new MqttEvent.Received(new MqttMessage(topic, packet)));
            }
        }
    }

    private void Hear(string topic, byte[] packet)
    {
        if (Packet.Decode(packet) is not { } envelope)
        {
            return;
        }

        switch (_seal.Receive(topic, envelope, _table.Now))
        {
            case (SealNews.Opened, { } message):
                _session.Receive(message, _table.Now);
                break;
            case (SealNews.Awaited, _):
                _session.Receive(new Envelope { Invite = new Invite { ClusterUid = "test" } }, _table.Now);
                _session.Poll(_table.Now);
                break;
            case (SealNews.Confirmed, _):
                _session.Hasten(_table.Now);
                _session.Poll(_table.Now);
                break;
        }
    }
}
