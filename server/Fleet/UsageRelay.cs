using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Asks nodes what they use, when somebody wants to know and never else. Whoever asks at the same time, or soon after,
/// shares one answer: it costs traffic on a link that may be paid by the byte.
/// </summary>
/// <param name="open">Opens a stream to a node (<c>LinkServer.OpenStream</c>).</param>
/// <param name="objects">Says which pods a node may speak of.</param>
/// <param name="time">Dates the answers.</param>
/// <param name="log">Where answers that are no use are told.</param>
internal sealed class UsageRelay(
    Func<string, StreamRequest, CancellationToken, Task<LinkStream>> open, Objects objects, TimeProvider time,
    ILogger<UsageRelay> log)
{
    /// <summary>
    /// A node takes a second to count and a mobile link some seconds to come up; a user waits longer for nothing.
    /// </summary>
    public static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer serves others; less than an autoscaler's interval.</summary>
    public static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>The newest question of each node; those that serve nobody any more go with the next question.</summary>
    private readonly Dictionary<string, Question> _questions = new(StringComparer.Ordinal);

    private long _cleaned = time.GetTimestamp();

    /// <summary>Null when the node cannot be asked now or says nothing that is of use.</summary>
    public Task<NodeUsage?> Ask(string node, CancellationToken ct)
    {
        Task<NodeUsage?> answer;
        lock (_gate)
        {
            Clean();
            if (!_questions.TryGetValue(node, out var question) || IsOver(question))
            {
                _questions[node] = question = new Question(time.GetTimestamp(), Put(node));
            }

            answer = question.Answer;
        }

        // Shared: one who does not want to wait any more must not take the answer from the others.
        return answer.WaitAsync(ct);
    }

    private void Clean()
    {
        if (time.GetElapsedTime(_cleaned) < FreshFor)
        {
            return;
        }

        _cleaned = time.GetTimestamp();
        foreach (var (node, question) in _questions)
        {
            if (IsOver(question))
            {
                _questions.Remove(node);
            }
        }
    }

    private bool IsOver(Question question) =>
        question.Answer.IsCompleted && time.GetElapsedTime(question.Asked) >= FreshFor;

    private async Task<NodeUsage?> Put(string node)
    {
        // Not under the gate.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var limit = new CancellationTokenSource(AnswerWait, time);
        try
        {
            await using var stream = await open(node, new StreamRequest(NodeUsage.StreamKind, default), limit.Token);
            var usage = UsageReader.Read(await All(stream, NodeUsage.BytesMax, limit.Token), time.GetUtcNow());
            return usage with { Pods = [.. (usage.Pods ?? []).Where(pod => IsOn(node, pod))] };
        }
        catch (Exception silent) when (silent is LinkStreamException or OperationCanceledException)
        {
            log.UsageUnknown(node, silent.Message);
            return null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidDataException)
        {
            log.UsageRefused(node, wrong.Message);
            return null;
        }
    }

    /// <summary>The whole answer.</summary>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="most"/> bytes.</exception>
    internal static async Task<ReadOnlyMemory<byte>> All(LinkStream stream, int most, CancellationToken ct)
    {
        using var text = new MemoryStream();
        while (await stream.Read(ct) is { } piece)
        {
            if (text.Length + piece.Length > most)
            {
                throw new InvalidDataException($"it is longer than {most} bytes");
            }

            text.Write(piece.Span);
        }

        return text.ToArray();
    }

    /// <summary>A node speaks only of pods that are bound to it.</summary>
    private bool IsOn(string node, PodUsage pod) =>
        objects.Store.Get(Resources.Pods.KeyOf(pod.Namespace, pod.Name)) is { } stored
        && Objects.TryRead(Resources.Pods, stored, log) is { } read
        && read.Metadata.Uid == pod.Uid && read.Spec.NodeName == node;

    private sealed record Question(long Asked, Task<NodeUsage?> Answer);
}
