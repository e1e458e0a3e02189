using Edge.Server.Access;
using Edge.Server.Api.Discovery;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Api;

/// <summary>
/// The way of every request: who asks, may they, what is it about, run it; and every failure becomes a Status.
/// </summary>
internal sealed class Dispatcher(
    IdentityParts identity, Router router, DiscoveryEndpoint discovery, BackupEndpoint backup, SchemaCatalog catalog,
    TimeProvider time, ILogger log)
{
    /// <summary>As upstream's --request-timeout; watches and logs have their own ends.</summary>
    private static readonly TimeSpan s_requestTime = TimeSpan.FromSeconds(60);

    /// <summary>Short requests at once, as upstream's in-flight limits together; more are told to come again.</summary>
    private readonly FairShare _short = new(max: 600, reserved: 100);

    /// <summary>Watches and streams at once: ten for each of a thousand nodes' worth of clients.</summary>
    private readonly FairShare _long = new(max: 10_000, reserved: 1000);

    public async Task Run(HttpContext http, CancellationToken stopping)
    {
        var user = UserInfo.Anonymous;
        try
        {
            user = Impersonation.Of(
                http.Request.Headers, identity.Authenticator.Find(http), identity.Authorizer);
            await Authorized(http, user, stopping);
        }
        catch (StatusException error)
        {
            await Fail(http, error);
        }
        catch (StoreException fault)
        {
            await Fail(http, Unavailable(fault));
        }
        catch (BadHttpRequestException fault)
        {
            await Fail(http, Errors.BadRequest(fault.Message));
        }
        catch (Exception fault) when (fault is OperationCanceledException or ConnectionResetException
            && (http.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested))
        {
            http.Abort();
        }
        catch (OperationCanceledException)
        {
            await Fail(http, Errors.Timeout("request did not complete within the allotted time"));
        }
#pragma warning disable CA1031 // the edge of one request: logged, answered with 500, and the server goes on
        catch (Exception fault)
#pragma warning restore CA1031
        {
            log.RequestFailed(fault, http.Request.Method, http.Request.Path.Value ?? "");
            await Fail(http, Errors.Internal(fault.Message));
        }

        log.Answered(user.Name, http.Request.Method, http.Request.Path.Value ?? "", http.Response.StatusCode);
    }

    private async Task Authorized(HttpContext http, UserInfo user, CancellationToken stopping)
    {
        var path = RequestPath.Parse(http.Request.Path.Value ?? "/");
        var query = new RequestQuery(http.Request.Query);
        var verb = Router.Verb(http.Request.Method, path, query);
        var isLong = Router.IsLong(verb, path);
        // Before anything is looked up, so that refusals cost the caller a place as well.
        using var place = (isLong ? _long : _short).Take(user.Name, user.IsIn(UserInfo.Masters))
            ?? throw Errors.TooManyRequests("Too many requests, please try again later.", retryAfterSeconds: 1);
        var access = RequestAccess.Of(verb, path, query);
        if (identity.Authorizer.Decide(user, access) is { Allowed: false } refused)
        {
            throw Refusals.Of(user, access, refused);
        }

        await Limited(http, path, verb, user, isLong, stopping);
    }

    private async Task Limited(
        HttpContext http, RequestPath path, string verb, UserInfo user, bool isLong, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(isLong ? Timeout.InfiniteTimeSpan : s_requestTime, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted, stopping);
        if (!path.IsResource)
        {
            await (path.Path == BackupEndpoint.Path ? backup.Run(http, user) : discovery.Run(http));
            return;
        }

        var schema = catalog.Find(path.Group, path.Version, path.Resource) ?? throw Errors.NoSuchPath();
        await router.Run(verb, new ApiRequest(http, path, schema, catalog.StoredFormOf(schema), user, end.Token));
    }

    private static StatusException Unavailable(StoreException fault) => fault.Reason switch
    {
        StoreReason.Compacted => Errors.Expired(fault.Message),
        StoreReason.FutureRevision => Errors.Timeout(fault.Message),
        StoreReason.Full or StoreReason.Unreadable => Errors.Internal(fault.Message),
        StoreReason.Broken or StoreReason.Closed => Errors.Unavailable(fault.Message, retryAfterSeconds: 1),
    };

    private static async Task Fail(HttpContext http, StatusException error)
    {
        if (http.Response.HasStarted)
        {
            // Half an answer must not look whole.
            http.Abort();
            return;
        }

        http.Response.Headers.Clear();
        http.Response.ContentType = null;
        await StatusBody.Write(http.Response, error);
    }
}
