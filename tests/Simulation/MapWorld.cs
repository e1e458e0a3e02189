using System.Security.Cryptography;
using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Simulation;

/// <summary>
/// One server and one agent with both maps between them, a network that fails and processes that crash, all driven
/// by one seed on a clock of its own.
/// </summary>
internal sealed class MapWorld
{
    private static readonly SessionSettings Settings = new() { ClusterUid = "simulated" };

    private readonly Random _random;
    private readonly LossyNetwork _network;
    private readonly ReaderRules _rules;
    private readonly MapTruth _desiredTruth = new("desired");
    private readonly MapTruth _reportedTruth = new("reported");
    private readonly DurableReader _desired;
    private readonly DurableReader _reported;
    private readonly IncrementalHash _trace = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private AgentSession _agent;
    private ServerSession _server;
    private TimeSpan _now;
    private bool _connected;

    public MapWorld(int seed, ReaderRules? rules = null)
    {
        _random = new Random(seed);
        _rules = rules ?? ReaderRules.Right;
        _network = new LossyNetwork(
            _random, _random.NextDouble() * 0.3, _random.NextDouble() * 0.2, TimeSpan.FromSeconds(_random.Next(1, 8)));
        _desired = new DurableReader(_desiredTruth);
        _reported = new DurableReader(_reportedTruth);
        _agent = NewAgent();
        _server = NewServer();
        Connect();
    }

    public int Chunks { get; private set; }

    public int Packets { get; private set; }

    public int Commits => _desired.Commits + _reported.Commits;

    public string TraceHash => Convert.ToHexString(_trace.GetCurrentHash());

    /// <summary>Lives through so many random changes and faults.</summary>
    public void Suffer(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            RunUntil(_now + (TimeSpan.FromSeconds(20) * _random.NextDouble()));
            var fault = _random.Next(100);
            Trace($"step {i} {fault}");
            Act(fault);
        }
    }

    /// <summary>No fault happens any more; both maps must come to rest.</summary>
    public void Calm(TimeSpan time)
    {
        _network.Faulty = false;
        Connect();
        RunUntil(_now + time);
        CheckConverged();
    }

    /// <summary>A new session between the same two processes, or between two new ones.</summary>
    public void Reconnect(bool newServer, bool newAgent)
    {
        Disconnect();
        _server = newServer ? NewServer() : _server;
        _agent = newAgent ? NewAgent() : _agent;
        Connect();
        RunUntil(_now + TimeSpan.FromMinutes(1));
    }

    public void Idle(TimeSpan time) => RunUntil(_now + time);

    private void Act(int dice)
    {
        switch (dice)
        {
            case < 35:
                ChangeDesired();
                break;
            case < 70:
                ChangeReported();
                break;
            case < 76:
                CrashAgent();
                break;
            case < 82:
                CrashServer();
                break;
            case < 88:
                Disconnect();
                break;
            case < 92:
                _network.Drop();
                Disconnect();
                break;
            default:
                Connect();
                break;
        }
    }

    private void ChangeDesired()
    {
        var (upserts, removals) = _desiredTruth.Change(_random);
        _server.Desired.Apply(upserts, removals);
        _desiredTruth.Remember(_server.Desired.Standing);
    }

    private void ChangeReported()
    {
        var (upserts, removals) = _reportedTruth.Change(_random);
        _agent.Reported.Apply(upserts, removals);
        _reportedTruth.Remember(_agent.Reported.Standing);
    }

    private void CrashAgent()
    {
        MaybeCommit(_agent.Desired, _desired);
        _agent = NewAgent();
        _connected = false;
        _server.Close();
    }

    private void CrashServer()
    {
        MaybeCommit(_server.Reported, _reported);
        if (_random.Next(2) == 0)
        {
            // A server that keeps no entries begins with none.
            _reported.Clear();
        }

        _server = NewServer();
        _server.Invite(_now);
    }

    /// <summary>
    /// The crash came before or after the disk had it; in neither case the reader's code heard of it.
    /// </summary>
    private void MaybeCommit(MapReader reader, DurableReader disk)
    {
        if (reader.Pending is { } change && _random.Next(2) == 0)
        {
            disk.Commit(change, told: false, reader, _now);
        }
    }

    private void Connect()
    {
        if (!_connected)
        {
            _connected = true;
            _agent.Connected(_now);
        }
    }

    private void Disconnect()
    {
        _connected = false;
        _agent.Lost();
        if (_random.Next(2) == 0)
        {
            // The last will may also come long after, or be lost with its broker.
            _server.Close();
        }
    }

    private AgentSession NewAgent()
    {
        var agent = new AgentSession(Settings, _desired.Entries, _random, e => Sent(true, e), _rules);
        agent.Reported.ApplyAll([.. _reportedTruth.Content.Select(pair => new MapEntry(pair.Key, pair.Value))]);
        _reportedTruth.Remember(agent.Reported.Standing);
        return agent;
    }

    private ServerSession NewServer()
    {
        var epoch = SessionId.Next(_random);
        var server = new ServerSession(Settings, epoch, _reported.Entries, _random, e => Sent(false, e), _rules);
        server.Desired.ApplyAll([.. _desiredTruth.Content.Select(pair => new MapEntry(pair.Key, pair.Value))]);
        _desiredTruth.Remember(server.Desired.Standing);
        return server;
    }

    private void Sent(bool toServer, Envelope envelope)
    {
        if (envelope.BodyCase == Envelope.BodyOneofCase.Ack)
        {
            (toServer ? _desired : _reported).OnAck(envelope.Ack.Epoch, envelope.Ack.Version);
        }

        Packets++;
        Chunks += envelope.BodyCase == Envelope.BodyOneofCase.Chunk ? 1 : 0;
        Trace($"{(toServer ? "up" : "down")} {envelope.BodyCase} {envelope.CalculateSize()}");
        if (_connected)
        {
            _network.Send(toServer, envelope, _now);
        }
    }

    private void RunUntil(TimeSpan end)
    {
        while (true)
        {
            Pump();
            var next = Times.Earliest(_network.Due, _connected ? _agent.Due : null, _server.Due);
            if (next is null || next > end)
            {
                break;
            }

            _now = Times.Latest(_now, next.Value);
            while (_network.Due <= _now)
            {
                var (toServer, envelope) = _network.Deliver();
                Receive(toServer, envelope);
            }
        }

        _now = end;
    }

    private void Receive(bool toServer, Envelope envelope)
    {
        Trace($"{_now.Ticks} {toServer} {envelope.BodyCase}");
        if (toServer)
        {
            _server.Receive(envelope, _now);
        }
        else if (_connected)
        {
            _agent.Receive(envelope, _now);
        }
    }

    private void Pump()
    {
        // A commit takes its time: now and then messages come in between.
        Commit(_agent.Desired, _desired);
        Commit(_server.Reported, _reported);
        _agent.Poll(_now);
        _server.Poll(_now);
    }

    private void Commit(MapReader reader, DurableReader disk)
    {
        if (reader.Pending is { } change && (!_network.Faulty || _random.Next(3) != 0))
        {
            disk.Commit(change, told: true, reader, _now);
        }
    }

    private void CheckConverged()
    {
        Property.Holds(_agent.Desired.Standing == _server.Desired.Standing, "desired did not come to one standing");
        Property.Holds(_agent.Reported.Standing == _server.Reported.Standing, "reported did not come to one standing");
        Property.Holds(_server.Desired.Level && _agent.Reported.Level, "a writer does not know that it is done");
        Same(_desiredTruth, _desired);
        Same(_reportedTruth, _reported);
    }

    private static void Same(MapTruth truth, DurableReader disk) =>
        Property.Holds(MapTruth.Hash(truth.Content) == MapTruth.Hash(disk.Content), $"{truth.Name} differs at rest");

    private void Trace(string line) => _trace.AppendData(Encoding.UTF8.GetBytes(line));
}
