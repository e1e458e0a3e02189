using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Fetches images in the background, a few at once, one fetch per image and credentials however many containers want
/// it. A fetch goes on when its pod leaves: the next pod of the same application wants it too.
/// </summary>
internal sealed class ImagePulls(IPodEdge edge, Action<string> wake, TimeProvider clock, CancellationToken stopping)
    : IAsyncDisposable
{
    /// <summary>More at once only share the same uplink and the same flash.</summary>
    private const int PullsAtOnce = 3;

    private readonly SemaphoreSlim _slots = new(PullsAtOnce);
    private readonly Lock _gate = new();

    /// <summary>By reference and a hash of the credentials.</summary>
    private readonly Dictionary<string, Task<PullOutcome>> _byImage = [];

    /// <summary>By container: null while the fetch runs, then its end until somebody takes it.</summary>
    private readonly Dictionary<(string Uid, string Container), PullEnd?> _ends = [];
    private readonly List<Task> _followers = [];

    public void Begin(string uid, string container, PullRequest request)
    {
        lock (_gate)
        {
            if (_ends.TryAdd((uid, container), null))
            {
                _followers.RemoveAll(task => task.IsCompleted);
                _followers.Add(Follow(uid, container, Shared(request), clock.GetTimestamp()));
            }
        }
    }

    /// <summary>The end of a fetch, once; null while it runs.</summary>
    public PullEnd? TakeEnded(string uid, string container)
    {
        lock (_gate)
        {
            if (!_ends.TryGetValue((uid, container), out var end))
            {
                return PullEnd.Lost;
            }

            if (end is not null)
            {
                _ends.Remove((uid, container));
            }

            return end;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] followers;
        lock (_gate)
        {
            followers = [.. _followers];
        }

        await Task.WhenAll(followers);
        _slots.Dispose();
    }

    private Task<PullOutcome> Shared(PullRequest request)
    {
        var key = Key(request);
        if (!_byImage.TryGetValue(key, out var shared) || shared.IsCompleted)
        {
            shared = Task.Run(() => Pull(request), CancellationToken.None);
            _byImage[key] = shared;
        }

        return shared;
    }

    /// <summary>A pod must not fail by another's credentials, nor get by them what its own do not give.</summary>
    private static string Key(PullRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var credential in request.Credentials)
        {
            foreach (var part in (string[])
                [credential.Registry, credential.Username, credential.Password, credential.IdentityToken ?? ""])
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{part.Length} {part}"));
            }
        }

        return $"{request.Reference} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    private async Task Follow(string uid, string container, Task<PullOutcome> shared, long began)
    {
        var end = new PullEnd(await shared, clock.GetElapsedTime(began));
        lock (_gate)
        {
            _ends[(uid, container)] = end;
            foreach (var image in _byImage.Keys.Where(image => _byImage[image].IsCompleted).ToList())
            {
                _byImage.Remove(image);
            }
        }

        wake(uid);
    }

    private async Task<PullOutcome> Pull(PullRequest request)
    {
        try
        {
            await _slots.WaitAsync(stopping);
            try
            {
                return await edge.Pull(request, stopping);
            }
            finally
            {
                _slots.Release();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new PullOutcome.Failed(PullFailure.ErrImagePull, "the agent stops");
        }
        catch (Exception broken) when (broken is RuntimeException or IOException or HttpRequestException)
        {
            return new PullOutcome.Failed(PullFailure.ErrImagePull, broken.Message);
        }
    }
}

/// <summary>How a fetch ended and how long the pod waited for it.</summary>
internal sealed record PullEnd(PullOutcome Outcome, TimeSpan Took)
{
    public static PullEnd Lost { get; } = new(
        new PullOutcome.Failed(PullFailure.ErrImagePull, "the fetch was interrupted"), TimeSpan.Zero);
}
