using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api.Streams;

/// <summary>
/// A node that does with each stream what the test says, over a link that is the real one's two ends.
/// </summary>
internal sealed class FarNode : IAsyncDisposable
{
    private readonly List<StreamPair> _pairs = [];
    private readonly List<Task> _answers = [];

    public FarNode(ApiFixture api)
    {
        api.IsConnected = node => node == "n1";
        api.OpenStream = Open;
    }

    public List<(string Kind, PodStreamRequest Request)> Asked { get; } = [];

    /// <summary>What it does; returns what the stream ends with.</summary>
    public Func<PodStreamRequest, LinkStream, Task<string?>> Does { get; set; } =
        (_, _) => Task.FromResult<string?>("it does nothing");

    public IReadOnlyList<StreamPair> Pairs => _pairs;

    /// <summary>Every stream it has is over.</summary>
    public Task Done => Task.WhenAll(_answers);

    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _pairs)
        {
            await pair.DisposeAsync();
        }
    }

    private Task<LinkStream> Open(string node, StreamRequest request, CancellationToken ct)
    {
        var pair = new StreamPair();
        var wanted = JsonSerializer.Deserialize(request.Payload.Span, ModelJson.Default.PodStreamRequest)!;
        lock (_pairs)
        {
            Asked.Add((request.Kind, wanted));
            _pairs.Add(pair);
            _answers.Add(Answer(wanted, pair.Agent));
        }

        return Task.FromResult(pair.Server);
    }

    private async Task Answer(PodStreamRequest wanted, LinkStream stream)
    {
        await Task.Yield();
        try
        {
            stream.End(await Does(wanted, stream));
        }
        catch (LinkStreamException)
        {
            // The client left.
        }
    }
}
