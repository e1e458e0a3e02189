using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Edge.Proto.Sync;

namespace Edge.Proto.Mqtt;

/// <summary>
/// One client of an MQTT 5 broker that stays connected by itself. The only type that names libmosquitto; all of
/// its native calls but the blocking connect are made on the loop's thread.
/// <code>
///  waiting ──retry time──▶ connecting ──accepted, subscribed──▶ connected
///     ▲                        │                                  │
///     └────── refused, ────────┴───────── connection broke ───────┘      any ──Dispose──▶ gone
/// </code>
/// </summary>
public sealed class MqttSession : IMqttSession, IAsyncDisposable
{
    /// <summary>Received messages that wait for their owner; more are dropped, as a lossy link would.</summary>
    private const int ReceivedMax = 4096;

    /// <summary>Room beside the messages, so that a state can be told while messages overflow.</summary>
    private const int StatesMax = 64;

    /// <summary>Reads of one wake-up; then the others have their turn.</summary>
    private const int ReadsMax = 256;

    private const int WouldBlock = 11;

    /// <summary>One topic has one.</summary>
    private const ushort AliasNumber = 1;

    private readonly MqttLoop _loop;
    private readonly MqttSettings _settings;
    private readonly Backoff _backoff;
    private readonly Outbox _outbox = new();
    private readonly Channel<MqttEvent> _events = Channel.CreateBounded<MqttEvent>(ReceivedMax + StatesMax);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MosquittoHandle? _handle;
    private Task? _connecting;
    private int _connectResult;
    private MqttEvent? _untold;
    private MqttTls? _shown;
    private TimeSpan _retryAt;
    private TimeSpan _lookAt;
    private int _port;
    private bool _connected;
    private bool _watchedByKernel;
    private Alias _alias;
    private bool _readAgain;
    private long _spread;
    private volatile bool _ending;
    private volatile bool _again;

    public MqttSession(MqttLoop loop, MqttSettings settings, Random random)
    {
        (_loop, _settings) = (loop, settings);
        _backoff = new Backoff(settings.RetryLeast, settings.RetryMost, random);
        _retryAt = loop.Now;
        loop.Add(this);
    }

    /// <summary>Bounded: received messages are dropped when nobody reads.</summary>
    public ChannelReader<MqttEvent> Events => _events.Reader;

    /// <summary>
    /// How widely a return is spread after the broker closed the connection, as it does on all at once; any thread.
    /// </summary>
    public TimeSpan Spread
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _spread));
        set => Volatile.Write(ref _spread, value.Ticks);
    }

    internal bool IsGone => _gone.Task.IsCompleted;

    internal int? Socket =>
        _connecting is null && _handle is { } handle && Mosquitto.Socket(handle) is >= 0 and var socket ? socket : null;

    internal bool WantsWrite => _handle is { } handle && Mosquitto.WantWrite(handle);

    internal TimeSpan? Due => _readAgain ? TimeSpan.Zero : _connecting is not null ? null
        : _handle is null ? _retryAt : _lookAt;

    /// <summary>False when there is no connection or no room; then the message is gone.</summary>
    public bool TryPublish(string topic, ReadOnlyMemory<byte> payload, bool retain = false)
    {
        if (!_outbox.TryAdd(new MqttMessage(topic, payload), retain))
        {
            return false;
        }

        _loop.Wake();
        return true;
    }

    /// <summary>
    /// Ends the connection, if there is one, and makes another, as after a loss; without one at once.
    /// </summary>
    public void ConnectAgain()
    {
        _again = true;
        _loop.Wake();
    }

    public async ValueTask DisposeAsync()
    {
        _ending = true;
        _loop.Wake();
        await _gone.Task;
    }

    /// <summary>Does what is due; on the loop's thread, as all below.</summary>
    internal void Step()
    {
        if (_connecting is { IsCompleted: true })
        {
            _connecting = null;
            Check(_connectResult);
        }

        if (_ending && _connecting is null)
        {
            End();
        }
        else if (_again && _connecting is null)
        {
            _again = false;
            if (_handle is null)
            {
                _backoff.Reset();
                _retryAt = _loop.Now;
            }

            Leave();
        }
        else if (_untold is not null && !Tell(_untold))
        {
            // The owner must hear of every state: until it makes room nothing goes on.
            _retryAt = _loop.Now + TimeSpan.FromSeconds(1);
        }
        else if (_handle is null && _loop.Now >= _retryAt)
        {
            Connect();
        }
        else if (_handle is not null && _connecting is null)
        {
            Drive();
        }
    }

    /// <summary>The socket has something. Reads until it is empty: TLS may hold what poll does not see.</summary>
    internal void Ready()
    {
        if (_handle is not { } handle || _connecting is not null)
        {
            return;
        }

        _readAgain = true;
        for (var i = 0; i < ReadsMax && _readAgain; i++)
        {
            var result = Mosquitto.LoopRead(handle, 1);
            _readAgain = Marshal.GetLastPInvokeError() != WouldBlock;
            if (result != Mosquitto.Success)
            {
                Break(Text(result));
                return;
            }
        }
    }

    private static string Text(int error) =>
        Marshal.PtrToStringUTF8(Mosquitto.StringOfError(error)) ?? $"error {error}";

    private void Drive()
    {
        var handle = _handle!;
        if (_readAgain)
        {
            Ready();
        }

        // Rest only when the socket is full or nothing waits: poll tells of room, nobody of a message left behind.
        while (_handle is not null && !IsFull(handle) && _connected && _outbox.TryTake(out var next))
        {
            Publish(handle, next.Message, next.Retain);
        }

        if (_handle is not null && _loop.Now >= _lookAt)
        {
            _lookAt = _loop.Now + (_connected ? _settings.KeepAlive : TimeSpan.FromSeconds(1));
            // What this finds is silence. Each client finds it at a time of its own, and may be back at once.
            Check(Mosquitto.LoopMisc(handle), spread: !_connected);
        }
    }

    /// <summary>
    /// Writes what was begun; true while a part of it is left. The outbox is bounded, libmosquitto's own queue is
    /// not: it gets one packet at a time.
    /// </summary>
    private bool IsFull(MosquittoHandle handle)
    {
        if (Mosquitto.WantWrite(handle))
        {
            Check(Mosquitto.LoopWrite(handle, 1));
        }

        return _handle is null || Mosquitto.WantWrite(handle);
    }

    private void Publish(MosquittoHandle handle, MqttMessage message, bool retain)
    {
        nint properties = 0;
        var topic = message.Topic;
        if (_alias != Alias.None && topic == _settings.FrequentTopic)
        {
            _ = Mosquitto.AddProperty(ref properties, Mosquitto.PropertyTopicAlias, AliasNumber);
            topic = _alias == Alias.Told ? null : topic;
            _alias = Alias.Told;
        }

        var result = Mosquitto.Publish(
            handle, out _, topic, message.Payload.Length, message.Payload.Span, retain ? 1 : 0, retain, properties);
        Mosquitto.FreeProperties(ref properties);
        if (_watchedByKernel)
        {
            _lookAt = _loop.Now + _settings.KeepAlive;
        }

        Check(result);
    }

    private void Check(int result, bool spread = true)
    {
        if (result != Mosquitto.Success)
        {
            Break(Text(result), spread);
        }
    }

    private unsafe void Connect()
    {
        var handle = _handle = MosquittoHandle.Create(this, _settings.ClientId);
        _ = Mosquitto.IntOption(handle, Mosquitto.OptionProtocolVersion, Mosquitto.ProtocolV5);
        _ = Mosquitto.IntOption(handle, Mosquitto.OptionTcpNoDelay, 1);
        Mosquitto.OnConnect(handle, &Accepted);
        Mosquitto.OnMessage(handle, &Received);
        var (host, port) = _settings.Address();
        _port = port;
        _shown = _settings.Tls?.Invoke();
        if (_shown is { } tls
            && Mosquitto.TlsSet(
                handle, tls.CaFile, null, tls.ShowsCertificate ? tls.CertFile : null,
                tls.ShowsCertificate ? tls.KeyFile : null, 0) is not 0 and var unusable)
        {
            Break($"certificates: {Text(unusable)}");
            return;
        }

        if (_settings.Login is { } login && LoginProblem(handle, login) is { } problem)
        {
            Break(problem);
            return;
        }

        if (_settings.Will?.Invoke() is { } will)
        {
            _ = Mosquitto.WillSet(handle, will.Topic, will.Payload.Length, will.Payload.Span, 1, true, 0);
        }

        // Names are resolved and the connection is opened in a blocking call: not on the thread of the others.
        var seconds = Math.Max(5, (int)_settings.KeepAlive.TotalSeconds);
        _lookAt = _loop.Now + TimeSpan.FromSeconds(1);
        // The end is set before the wake-up: the loop would wait in vain for a task that is only about to end.
        var ended = new TaskCompletionSource();
        _connecting = ended.Task;
        ThreadPool.QueueUserWorkItem(_ =>
        {
            _connectResult = Mosquitto.Connect(handle, host, port, seconds, null, 0);
            ended.SetResult();
            _loop.Wake();
        });
    }

    private static string? LoginProblem(MosquittoHandle handle, MqttLogin login)
    {
        try
        {
            using var file = File.OpenText(login.PasswordFile);
            var result = Mosquitto.LoginSet(handle, login.User, file.ReadLine() ?? "");
            return result == Mosquitto.Success ? null : $"user and password: {Text(result)}";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return unreadable.Message;
        }
    }

    private void OnAccepted(int reason, nint properties)
    {
        if (reason != Mosquitto.Success)
        {
            // The read that called this returns the refusal as its error.
            return;
        }

        foreach (var filter in _settings.Subscriptions)
        {
            _ = Mosquitto.Subscribe(_handle!, out _, filter, 1, 0, 0);
        }

        _alias = _settings.FrequentTopic is not null
            && Mosquitto.ReadProperty(properties, Mosquitto.PropertyTopicAliasMaximum, out var most, false) != 0
            && most >= AliasNumber ? Alias.Possible : Alias.None;
        _watchedByKernel = _port != 0
            && TcpSocket.TryLimit(Mosquitto.Socket(_handle!), _settings.UnacknowledgedMost);
        _backoff.Reset();
        _connected = true;
        _lookAt = _loop.Now + _settings.KeepAlive;
        _outbox.Open(true);
        Tell(new MqttEvent.Connected(_shown));
    }

    private bool Tell(MqttEvent state)
    {
        _untold = _events.Writer.TryWrite(state) ? null : state;
        _settings.Notify?.Invoke();
        return _untold is null;
    }

    private void OnMessage(MqttMessage message)
    {
        if (_events.Reader.Count < ReceivedMax)
        {
            _ = _events.Writer.TryWrite(new MqttEvent.Received(message));
            _settings.Notify?.Invoke();
        }
    }

    private void Break(string reason, bool spread = true)
    {
        _outbox.Open(false);
        _handle?.Dispose();
        _handle = null;
        _readAgain = false;
        _connected = false;
        _retryAt = _loop.Now + _backoff.Next(spread ? Spread : TimeSpan.Zero);
        Tell(new MqttEvent.Disconnected(reason));
    }

    /// <summary>With a goodbye, so that the broker speaks no will.</summary>
    private void Leave()
    {
        if (_handle is { } handle)
        {
            _ = _connected ? Mosquitto.Disconnect(handle, 0, 0) : 0;
            Break("ended here");
        }
    }

    private void End()
    {
        Leave();
        _events.Writer.TryComplete();
        _gone.TrySetResult();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Accepted(nint session, nint state, int reason, int flags, nint properties) =>
        MosquittoHandle.State<MqttSession>(state).OnAccepted(reason, properties);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe void Received(nint session, nint state, Mosquitto.Message* message, nint properties)
    {
        var payload = new ReadOnlySpan<byte>((void*)message->Payload, message->PayloadLength).ToArray();
        var topic = Marshal.PtrToStringUTF8(message->Topic) ?? "";
        MosquittoHandle.State<MqttSession>(state).OnMessage(new MqttMessage(topic, payload));
    }

    /// <summary>Whether the frequent topic travels as a number in this connection.</summary>
    private enum Alias
    {
        None,
        Possible,
        Told,
    }
}
