using System.Threading.Channels;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Events;
using Edge.Proto.Containerd.Payloads;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime;

/// <summary>
/// containerd's events of tasks and images as hints. There is no replay, so each new subscription begins with Resync,
/// which is sent only once an event of our own came back: from then on nothing is missed.
/// </summary>
internal sealed class EventSubscription(GrpcChannel channel, TimeProvider clock, ILogger log)
{
    /// <summary>Hints may be dropped: a full channel already makes its reader observe everything.</summary>
    private const int HintsMax = 256;

    private static readonly TimeSpan ResubscribeAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MarkerEvery = TimeSpan.FromMilliseconds(100);

    private const string MarkerTopic = "/edge/subscribed";

    private readonly Channel<RuntimeEvent> _events = Channel.CreateBounded<RuntimeEvent>(
        new BoundedChannelOptions(HintsMax) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChannelReader<RuntimeEvent> Events => _events.Reader;

    /// <summary><paramref name="connected"/> runs after each (re)subscription, before Resync is told.</summary>
    public async Task Run(Func<CancellationToken, Task> connected, CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            try
            {
                await Follow(connected, token);
            }
            catch (RuntimeException e)
            {
                RuntimeLog.SubscriptionEnded(log, e.Message);
            }

            await Task.Delay(ResubscribeAfter, clock, token);
        }
    }

    private async Task Follow(Func<CancellationToken, Task> connected, CancellationToken token)
    {
        using var marked = CancellationTokenSource.CreateLinkedTokenSource(token);
        var marking = Mark(marked.Token);
        try
        {
            await foreach (var envelope in channel.Follow(ContainerdApi.Subscribe, Request(), token))
            {
                if (!marked.IsCancellationRequested)
                {
                    await marked.CancelAsync();
                    await connected(token);
                    RuntimeLog.Subscribed(log);
                    _events.Writer.TryWrite(new RuntimeEvent.Resync());
                }

                if (Read(envelope) is { } hint)
                {
                    _events.Writer.TryWrite(hint);
                }
            }
        }
        finally
        {
            if (marked.IsCancellationRequested)
            {
                _events.Writer.TryWrite(new RuntimeEvent.Lost());
            }

            await marked.CancelAsync();
            await marking;
        }
    }

    private static SubscribeRequest Request() => new()
    {
        Filters =
        {
            $"namespace=={RuntimeSettings.ContainerdNamespace},topic~=\"^/tasks/(start|exit|oom)\"",
            $"namespace=={RuntimeSettings.ContainerdNamespace},topic~=\"^/images/\"",
            $"namespace=={RuntimeSettings.ContainerdNamespace},topic==\"{MarkerTopic}\"",
        },
    };

    /// <summary>The daemon says nothing until the first event, so one is sent until it is heard.</summary>
    private async Task Mark(CancellationToken token)
    {
        var marker = new PublishRequest
        {
            Topic = MarkerTopic,
            Event = new Any { TypeUrl = "google.protobuf.Empty" },
        };
        try
        {
            while (!token.IsCancellationRequested)
            {
                await Publish(marker, token);
                await Task.Delay(MarkerEvery, clock, token);
            }
        }
        catch (OperationCanceledException)
        {
            // Heard, or the subscription ended.
        }
    }

    private async Task Publish(PublishRequest marker, CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.Publish, marker, token);
        }
        catch (RuntimeException)
        {
            // A daemon that just came up may refuse the first; the subscription beside it stays open.
        }
    }

    private static RuntimeEvent? Read(Envelope envelope) => envelope.Topic switch
    {
        "/tasks/start" => TaskStart.Parser.ParseFrom(envelope.Event.Value) is var start
            ? new RuntimeEvent.Started(start.ContainerId, (int)start.Pid) : null,
        "/tasks/exit" => TaskExit.Parser.ParseFrom(envelope.Event.Value) is var exit && exit.Id == exit.ContainerId
            ? new RuntimeEvent.Exited(exit.ContainerId, (int)exit.ExitStatus, exit.ExitedAt.ToDateTimeOffset()) : null,
        "/tasks/oom" => new RuntimeEvent.OutOfMemory(
            TaskOOM.Parser.ParseFrom(envelope.Event.Value).ContainerId),
        "/images/create" or "/images/update" or "/images/delete" => new RuntimeEvent.ImagesChanged(),
        _ => null,
    };
}
