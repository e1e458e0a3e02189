using Edge.Server.Api.Streams.Spdy;

namespace Edge.Server.Api.Streams;

/// <summary>A process's client over SPDY: a stream for each of the process's streams, opened by the client.</summary>
internal sealed class SpdyClient : ProcessClient
{
    /// <summary>How long the client may take to open its streams, as upstream.</summary>
    private static readonly TimeSpan OpenWait = TimeSpan.FromSeconds(30);

    private readonly SpdyConnection _connection;
    private readonly bool _hasStatus;
    private readonly TerminalSizes _sizes = new();
    private readonly Dictionary<string, SpdyStream> _streams = new(StringComparer.Ordinal);
    private bool _inputEnded;
    private uint _pings;

    private SpdyClient(SpdyConnection connection, string protocol) =>
        (_connection, _hasStatus) = (connection, protocol == "v4.channel.k8s.io");

    /// <summary>Newest first; no name means the oldest.</summary>
    public static string[] Protocols { get; } =
        ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    /// <summary>Returns when the client has opened all streams that its request means.</summary>
    /// <exception cref="SpdyException">It opens others, or takes too long.</exception>
    public static async Task<SpdyClient> Accept(
        Stream wire, string protocol, ProcessOptions options, TimeProvider time, CancellationToken ct)
    {
        var client = new SpdyClient(new SpdyConnection(wire), protocol);
        using var limit = new CancellationTokenSource(OpenWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            var wanted = Wanted(protocol, options);
            while (wanted.Count > 0)
            {
                await client.Open(wanted, either.Token);
            }

            return client;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            client.Dispose();
            throw new SpdyException("timed out waiting for client to create streams");
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public override async ValueTask<ClientSays?> Read(CancellationToken ct)
    {
        var input = _streams.GetValueOrDefault("stdin");
        if (input is { RemoteClosed: true } && !_inputEnded)
        {
            _inputEnded = true;
            return new ClientSays.InputEnd();
        }

        if (await _connection.Read(ct) is not { } happened)
        {
            return null;
        }

        if (happened.Kind == SpdyEventKind.Opened)
        {
            await _connection.Reset(happened.Stream, ct);
            return new ClientSays.Nothing();
        }

        if (happened.Stream == input && !happened.Data.IsEmpty)
        {
            return new ClientSays.Input(happened.Data);
        }

        return happened.Stream == _streams.GetValueOrDefault("resize")
            && _sizes.Read(happened.Data.Span) is { } size ? size : new ClientSays.Nothing();
    }

    public override async ValueTask Write(int channel, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        if (_streams.GetValueOrDefault(channel == Output ? "stdout" : "stderr") is { } stream)
        {
            await _connection.Write(stream, data, ct);
        }
    }

    public override async Task Finish(ProcessStatus status, CancellationToken ct)
    {
        var error = _streams["error"];
        await _connection.Write(error, _hasStatus ? status.ToJson() : status.ToText(), ct);
        await _connection.Finish(error, ct);
        foreach (var stream in _streams.Values)
        {
            await _connection.Finish(stream, ct);
        }
    }

    /// <summary>Those of a server are even.</summary>
    public override Task Ping(CancellationToken ct) => _connection.Ping(_pings += 2, ct);

    public override void Dispose() => _connection.Dispose();

    private static HashSet<string> Wanted(string protocol, ProcessOptions options)
    {
        var wanted = new HashSet<string> { "error" };
        Add("stdin", options.Stdin);
        Add("stdout", options.Stdout);
        Add("stderr", options.Stderr);
        Add("resize", options.Tty && protocol is ("v4.channel.k8s.io" or "v3.channel.k8s.io"));
        return wanted;

        void Add(string name, bool isWanted)
        {
            if (isWanted)
            {
                wanted.Add(name);
            }
        }
    }

    private async Task Open(HashSet<string> wanted, CancellationToken ct)
    {
        var happened = await _connection.Read(ct) ?? throw new SpdyException("the client left before it began");
        if (happened.Kind != SpdyEventKind.Opened)
        {
            if (happened.Data.IsEmpty)
            {
                return;
            }

            throw new SpdyException("the client sends before it has opened its streams");
        }

        var type = happened.Stream.Header("streamtype");
        if (!wanted.Remove(type))
        {
            throw new SpdyException($"unexpected stream type: \"{type}\"");
        }

        _streams[type] = happened.Stream;
        await _connection.Reply(happened.Stream, ct);
    }
}
