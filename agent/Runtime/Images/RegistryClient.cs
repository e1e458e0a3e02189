using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Talks to one registry for one repository: authorization, redirects without it, and patience with 429. It does not
/// repeat what failed otherwise; the pull's own back-off does.
/// </summary>
internal sealed class RegistryClient(
    HttpMessageInvoker http, Uri root, ImageReference image, RegistryAuth auth, TimeProvider clock)
{
    private const int RedirectsMax = 10;
    private const int TooManyRequestsMax = 3;

    /// <summary>Longer waits are left to the pull's back-off, which shows in the pod's status.</summary>
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(60);

    /// <summary>A registry that does not begin to answer; a cold cache proxy needs some seconds.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(60);

    public static Uri RootOf(ImageReference image, IReadOnlyList<string> insecure)
    {
        var host = image.RegistryHost;
        var name = new Uri($"http://{host}").DnsSafeHost;
        var loopback = name == "localhost"
            || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address));
        var scheme = loopback || insecure.Contains(host) || insecure.Contains(name) ? "http" : "https";
        return new Uri($"{scheme}://{host}/v2/");
    }

    public Task<HttpResponseMessage> Manifest(string target, CancellationToken token) =>
        Get(new Uri(root, $"{image.Repository}/manifests/{target}"), from: 0, MediaTypes.Manifests, token);

    /// <summary>The bytes of a blob from an offset; 200 instead of 206 means from the beginning.</summary>
    public Task<HttpResponseMessage> Blob(string digest, long from, CancellationToken token) =>
        Get(new Uri(root, $"{image.Repository}/blobs/{digest}"), from, accept: [], token);

    private async Task<HttpResponseMessage> Get(Uri url, long from, string[] accept, CancellationToken token)
    {
        var (answered, waits, redirects) = (false, 0, 0);
        while (true)
        {
            var response = await SendOnce(url, from, accept, token);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK or HttpStatusCode.PartialContent:
                    return response;
                case HttpStatusCode.Unauthorized when !answered:
                    using (response)
                    {
                        answered = await auth.Answer(response, token);
                    }

                    if (!answered)
                    {
                        throw Refused(HttpStatusCode.Unauthorized);
                    }

                    break;
                case HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
                    when response.Headers.Location is { } location && redirects++ < RedirectsMax:
                    response.Dispose();
                    url = new Uri(url, location);
                    break;
                case HttpStatusCode.TooManyRequests when waits++ < TooManyRequestsMax && WaitOf(response) is { } wait:
                    response.Dispose();
                    await Task.Delay(wait, clock, token);
                    break;
                default:
                    using (response)
                    {
                        throw Unexpected(url, response);
                    }
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnce(Uri url, long from, string[] accept, CancellationToken token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("edge", "0.1"));
        foreach (var type in accept)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }

        // Object stores that blobs redirect to must never see the registry's credentials.
        request.Headers.Authorization = SameOrigin(url) ? auth.Header : null;
        using var limit = new CancellationTokenSource(AnswerMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            return await http.SendAsync(request, both.Token);
        }
        catch (HttpRequestException e)
        {
            var cause = e.InnerException as SocketException;
            throw new RegistryException($"failed to do request: Get \"{url}\": {cause?.Message ?? e.Message}", null, e);
        }
        catch (OperationCanceledException e) when (!token.IsCancellationRequested)
        {
            throw new RegistryException(
                $"failed to do request: Get \"{url}\": no answer in {AnswerMax.TotalSeconds:F0} s", null, e);
        }
    }

    private bool SameOrigin(Uri url) =>
        url.Scheme == root.Scheme && url.Port == root.Port
        && string.Equals(url.Host, root.Host, StringComparison.OrdinalIgnoreCase);

    private TimeSpan? WaitOf(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - clock.GetUtcNow() : TimeSpan.FromSeconds(1));
        return wait <= RetryAfterMax ? TimeSpan.FromTicks(Math.Max(0, wait.Ticks)) : null;
    }

    private RegistryException Unexpected(Uri url, HttpResponseMessage response) => response.StatusCode switch
    {
        HttpStatusCode.NotFound => new RegistryException($"{image.Name}: not found", HttpStatusCode.NotFound),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Refused(response.StatusCode),
        _ => new RegistryException(
            $"unexpected status from GET request to {url}: {(int)response.StatusCode} {response.ReasonPhrase}",
            response.StatusCode),
    };

    private static RegistryException Refused(HttpStatusCode status) => new(
        "pull access denied, repository does not exist or may require authorization: authorization failed: "
        + (status == HttpStatusCode.Unauthorized ? "no basic auth credentials" : "server message: denied"),
        status);
}
