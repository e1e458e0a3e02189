using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Leases;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Runs pulls, a few at a time, each under its lease, and words their failures as kubelet shows them.
/// </summary>
internal sealed class ImagePuller(
    GrpcChannel channel, RuntimeSettings settings, Func<ImagePlatform, ImagePull> pullFor,
    DigestGates gates, TimeProvider clock, ILogger log) : IDisposable
{
    /// <summary>One slow registry must not hold up all pods; more would only share the same link.</summary>
    private const int PullsAtOnce = 3;

    /// <summary>
    /// How long the parts of an interrupted pull stay: longer than a site without a link over holidays.
    /// </summary>
    private static readonly TimeSpan LeaseLife = TimeSpan.FromDays(14);

    private readonly SemaphoreSlim _slots = new(PullsAtOnce);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        // Pulls are rare; an idle agent holds no connections.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        MaxResponseHeadersLength = 64,
    });

    public async Task<PullOutcome> Pull(
        PullRequest request, IProgress<PullProgress>? progress, CancellationToken token)
    {
        if (ImageReference.Parse(request.Reference, out var error) is not { } image)
        {
            return new PullOutcome.Failed(
                PullFailure.InvalidImageName,
                $"Failed to apply default image tag \"{request.Reference}\": couldn't parse image name "
                + $"\"{request.Reference}\": {error}");
        }

        await _slots.WaitAsync(token);
        try
        {
            using var gate = await gates.Enter(image.Name, token);
            return await PullUnderLease(image, request, progress, token);
        }
        catch (RegistryException e)
        {
            return Failure(image, e.Message);
        }
        catch (RuntimeException e)
        {
            return Failure(image, e.Message);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
    }

    private async Task<PullOutcome> PullUnderLease(
        ImageReference image, PullRequest request, IProgress<PullProgress>? progress, CancellationToken token)
    {
        var lease = ImagePull.LeaseOf(image.Name);
        await CreateLease(lease, token);
        var pull = pullFor(request.Platform ?? PlatformPlan.Own);
        var fitting = DockerConfig.For(image, request.Credentials);
        // As kubelet: each fitting credential in turn, and without any when there is none.
        for (var i = 0; ; i++)
        {
            try
            {
                var credential = i < fitting.Count ? fitting[i] : null;
                var record = await pull.Run(image, Client(image, credential), clock, progress, token);
                await DeleteLease(lease, token);
                RuntimeLog.Pulled(log, image.Name, record.Digest, record.SizeBytes);
                return new PullOutcome.Pulled(record);
            }
            catch (RegistryException e) when (e.Status is System.Net.HttpStatusCode.Unauthorized
                or System.Net.HttpStatusCode.Forbidden && i + 1 < fitting.Count)
            {
                RuntimeLog.CredentialRefused(log, image.Name, fitting[i].Registry);
            }
        }
    }

    private RegistryClient Client(ImageReference image, RegistryCredential? credential)
    {
        var root = RegistryClient.RootOf(image, settings.InsecureRegistries);
        var auth = new RegistryAuth(_http, credential, $"repository:{image.Repository}:pull", clock);
        return new RegistryClient(_http, root, image, auth, clock);
    }

    private async Task CreateLease(string lease, CancellationToken token)
    {
        var expire = (clock.GetUtcNow() + LeaseLife).ToTimestamp().ToDateTimeOffset();
        var request = new CreateRequest { Id = lease };
        request.Labels["containerd.io/gc.expire"] = expire.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        try
        {
            await channel.Call(ContainerdApi.CreateLease, request, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // An earlier attempt left its parts; this one goes on with them.
        }
    }

    private async Task DeleteLease(string lease, CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.DeleteLease, new DeleteRequest { Id = lease }, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // Its expiry passed.
        }
    }

    private PullOutcome.Failed Failure(ImageReference image, string message)
    {
        var text = $"failed to pull and unpack image \"{image.Name}\": {message}";
        RuntimeLog.PullFailed(log, image.Name, message);
        return new PullOutcome.Failed(PullFailure.ErrImagePull, text);
    }
}
