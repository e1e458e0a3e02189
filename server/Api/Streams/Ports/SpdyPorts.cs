using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Edge.Server.Api.Streams.Spdy;

namespace Edge.Server.Api.Streams.Ports;

/// <summary>
/// Port forwarding as kubectl speaks it: for each connection the client opens two streams with one request id, one for
/// the bytes and one for what goes wrong.
/// </summary>
internal sealed class SpdyPorts(SpdyConnection connection, PortForwarder forwarder, IdleLimit idle, TimeProvider time)
{
    /// <summary>Pairs of which the second stream has not come yet: as many as the connection has room for.</summary>
    private const int HalvesMax = SpdyConnection.StreamsMax / 2;

    private readonly Dictionary<string, Pair> _halves = new(StringComparer.Ordinal);
    private readonly Dictionary<SpdyStream, Pair> _byData = [];
    private readonly List<Task> _running = [];

    /// <summary>Returns when the client has left.</summary>
    public async Task Run(CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _running.Add(Ping(over.Token));
        try
        {
            while (await connection.Read(ct) is { } happened)
            {
                await Handle(happened, over.Token);
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Handle(SpdyEvent happened, CancellationToken ct)
    {
        var stream = happened.Stream;
        if (happened.Kind == SpdyEventKind.Opened)
        {
            await Open(stream, ct);
        }
        else if (happened.Kind == SpdyEventKind.Reset)
        {
            Drop(stream);
        }

        if (!_byData.TryGetValue(stream, out var pair))
        {
            return;
        }

        if (!happened.Data.IsEmpty)
        {
            idle.Touch();
            await pair.Input.Writer.WriteAsync(happened.Data, ct);
        }

        if (stream.RemoteClosed)
        {
            _byData.Remove(stream);
            await pair.Input.Writer.CompleteAsync();
        }

        if (happened.Kind == SpdyEventKind.Reset)
        {
            await pair.GivenUp.CancelAsync();
        }
    }

    private async Task Open(SpdyStream stream, CancellationToken ct)
    {
        var isData = stream.Header("streamtype") == "data";
        var id = RequestId(stream, isData);
        if (Port(stream) is not { } port || (!isData && stream.Header("streamtype") != "error")
            || (_halves.TryGetValue(id, out var pair)
                ? pair.Port != port || pair.Has(isData) : _halves.Count >= HalvesMax))
        {
            await connection.Reset(stream, ct);
            return;
        }

        pair ??= _halves[id] = new Pair(connection, port, ct);
        pair.Set(stream, isData);
        if (isData)
        {
            _byData[stream] = pair;
        }

        await connection.Reply(stream, ct);
        if (pair.Has(data: true) && pair.Has(data: false))
        {
            _halves.Remove(id);
            _running.RemoveAll(task => task.IsCompleted);
            _running.Add(Forward(pair, ct));
        }
    }

    /// <summary>A half that was given up waits for no other; its id is free.</summary>
    private void Drop(SpdyStream stream)
    {
        var id = RequestId(stream, stream.Header("streamtype") == "data");
        if (_halves.TryGetValue(id, out var half) && half.Is(stream))
        {
            _halves.Remove(id);
        }
    }

    /// <summary>A client that gave up the bytes still waits for the end of the errors.</summary>
    private async Task Forward(Pair pair, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pair.GivenUp.Token, ct);
        try
        {
            await forwarder.Run(pair.Port, pair.Input.Reader, pair, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            await pair.Finish(ct);
        }
    }

    /// <summary>Null where there is none that can be: the stream is refused.</summary>
    private static int? Port(SpdyStream stream) =>
        int.TryParse(stream.Header("port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && port is >= 1 and <= ushort.MaxValue ? port : null;

    /// <summary>Old clients name none: theirs are two streams one after the other, the one for errors first.</summary>
    private static string RequestId(SpdyStream stream, bool isData) => stream.Header("requestid") is { Length: > 0 } id
        ? id : $"stream {(isData ? stream.Id - 2 : stream.Id)}";

    private async Task Ping(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Upgrade.KeepAlive, time);
        for (var number = 2u; await timer.WaitForNextTickAsync(ct); number += 2)
        {
            await connection.Ping(number, ct);
        }
    }

    /// <summary>
    /// The two streams of a connection. What is being written is written to its end, also for a client that gave this
    /// connection up: half a frame would end all others.
    /// </summary>
    private sealed class Pair(SpdyConnection connection, int port, CancellationToken whole) : PortClient
    {
        private SpdyStream? _data;
        private SpdyStream? _error;

        public int Port => port;

        public Pipe Input { get; } = PortForwarder.NewInput();

        /// <summary>Needs no disposal: it has no timer and nobody waits by a handle.</summary>
        public CancellationTokenSource GivenUp { get; } = new();

        public bool Is(SpdyStream stream) => _data == stream || _error == stream;

        public bool Has(bool data) => (data ? _data : _error) is not null;

        public void Set(SpdyStream stream, bool isData)
        {
            if (isData)
            {
                _data = stream;
            }
            else
            {
                _error = stream;
            }
        }

        public override async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken ct) =>
            await connection.Write(_data!, data, whole);

        public override Task FinishData(CancellationToken ct) => connection.Finish(_data!, whole);

        public override async Task Fail(string why, CancellationToken ct)
        {
            await connection.Write(_error!, Encoding.UTF8.GetBytes(why), whole);
            await Finish(ct);
        }

        public override async Task Finish(CancellationToken ct)
        {
            await connection.Finish(_data!, whole);
            await connection.Finish(_error!, whole);
        }
    }
}
