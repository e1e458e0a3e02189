namespace Edge.Proto.Mqtt;

/// <summary>
/// The one thread that drives all MQTT sessions of a process by poll(2). libmosquitto's own loop uses select,
/// which fails for ever on a descriptor of 1024 or more, and can end without telling anybody.
/// </summary>
public sealed class MqttLoop : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<MqttSession> _sessions = [];
    private readonly PollSet _poll = new();
    private readonly Thread _thread;
    private volatile bool _ending;

    public MqttLoop(TimeProvider clock)
    {
        Clock = clock;
        Start = clock.GetTimestamp();
        var result = Mosquitto.LibInit();
        if (result != Mosquitto.Success)
        {
            throw new InvalidOperationException($"libmosquitto does not start: {result}");
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "mqtt" };
        _thread.Start();
    }

    internal TimeProvider Clock { get; }

    internal TimeSpan Now => Clock.GetElapsedTime(Start);

    private long Start { get; }

    internal void Add(MqttSession session)
    {
        lock (_gate)
        {
            _sessions.Add(session);
        }

        Wake();
    }

    internal void Wake() => _poll.Wake();

    public void Dispose()
    {
        _ending = true;
        Wake();
        _thread.Join();
        _poll.Dispose();
    }

    private void Run()
    {
        var sockets = new List<(int Socket, bool Write)>();
        var polled = new List<MqttSession>();
        while (!_ending)
        {
            sockets.Clear();
            polled.Clear();
            TimeSpan? due = null;
            foreach (var session in Snapshot())
            {
                session.Step();
                if (session.Due is { } at && (due is null || at < due))
                {
                    due = at;
                }

                if (session.Socket is { } socket)
                {
                    sockets.Add((socket, session.WantsWrite));
                    polled.Add(session);
                }
            }

            _poll.Wait(sockets, due is { } next ? next - Now : null);
            for (var i = 0; i < polled.Count; i++)
            {
                if (_poll.IsReady(i))
                {
                    polled[i].Ready();
                }
            }
        }
    }

    private MqttSession[] Snapshot()
    {
        lock (_gate)
        {
            _sessions.RemoveAll(session => session.IsGone);
            return [.. _sessions];
        }
    }
}
