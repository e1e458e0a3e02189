using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Api.Metrics;
using Edge.Server.Api.Pods;
using Edge.Server.Api.Streams;
using Edge.Server.Api.Streams.Ports;
using Edge.Server.Api.Tokens;
using Edge.Server.Api.Verbs;
using Edge.Server.Fleet;

namespace Edge.Server.Api;

/// <summary>Leads a request for a resource to its verb. Which verbs a resource has is said by its schema.</summary>
internal sealed class Router : IDisposable
{
    private readonly GetVerb _get;
    private readonly ListVerb _list;
    private readonly WatchVerb _watch;
    private readonly CreateVerb _create;
    private readonly UpdateVerb _update;
    private readonly PatchVerb _patch;
    private readonly DeleteVerb _delete;
    private readonly LogEndpoint _logs;
    private readonly EvictionEndpoint _evict;
    private readonly BindingEndpoint _bind;
    private readonly ScaleEndpoint _scale;
    private readonly MetricsEndpoint _metrics;
    private readonly NodeMetricsPage _nodeMetrics;
    private readonly ReviewEndpoint _reviews;
    private readonly TokenEndpoint _tokens;
    private readonly ProcessEndpoint _processes;
    private readonly PortForwardEndpoint _ports;

    public Router(
        VerbParts parts, IdentityParts identity, OpenPodLogs openLogs, NodeUsages usages, StreamRelay streams)
    {
        var admission = new ObjectAdmission(
            parts.Objects, parts.Pods, new EnrolmentCheck(parts.Objects, identity.BootstrapTokens),
            new EscalationCheck(parts.Store, identity.Authorizer), new CertificateApproval(identity.Authorizer));
        var writer = new FieldWriter(parts.Catalog, parts.Time);
        var update = new ObjectUpdate(parts, admission, writer);
        var creation = new ObjectCreation(parts, admission, writer, identity.Authorizer);
        _get = new GetVerb(parts);
        _list = new ListVerb(parts);
        _watch = new WatchVerb(parts);
        _create = new CreateVerb(parts, admission, creation);
        _update = new UpdateVerb(parts, update, _create, creation);
        _patch = new PatchVerb(parts, update, new ApplyVerb(parts, admission, update, creation, writer));
        _delete = new DeleteVerb(parts);
        _logs = new LogEndpoint(parts.Store, openLogs, parts.Time);
        _evict = new EvictionEndpoint(parts);
        _bind = new BindingEndpoint(parts);
        _scale = new ScaleEndpoint(parts, update, writer);
        _metrics = new MetricsEndpoint(parts, usages);
        _nodeMetrics = new NodeMetricsPage(parts.Store, usages);
        _reviews = new ReviewEndpoint(identity.Authorizer, identity.Authenticator);
        _tokens = new TokenEndpoint(parts, identity.Signer, IdentityParts.Issuer);
        _processes = new ProcessEndpoint(parts.Store, streams, parts.Time);
        _ports = new PortForwardEndpoint(parts.Store, streams, parts.Time);
    }

    public void Dispose() => _evict.Dispose();

    /// <summary>Kubernetes' verb for a method on a path.</summary>
    public static string Verb(string method, RequestPath path, RequestQuery query) => method switch
    {
        "GET" or "HEAD" when !path.IsResource => "get",
        "GET" or "HEAD" when path.OldWatch || (query.Flag("watch") && path.Subresource.Length == 0) => "watch",
        "GET" or "HEAD" => path.Name.Length > 0 ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => path.Name.Length > 0 ? "delete" : "deletecollection",
        _ => method.ToLowerInvariant(),
    };

    /// <summary>True for requests that may last.</summary>
    public static bool IsLong(string verb, RequestPath path) => verb == "watch"
        || path.Subresource is "log" or "exec" or "attach" or "portforward";

    public Task Run(string verb, ApiRequest request)
    {
        CheckScope(verb, request);
        var path = request.Path;
        if (path.Subresource.Length > 0)
        {
            return RunBelow(verb, request);
        }

        if (!request.Schema.Verbs.Contains(verb) || (verb == "create" && path.Name.Length > 0)
            || (verb is "update" or "patch" && path.Name.Length == 0))
        {
            throw Errors.MethodNotAllowed(verb, path.Resource);
        }

        if (request.Schema.Group == "metrics.k8s.io")
        {
            return _metrics.Run(verb, request);
        }

        if (ReviewEndpoint.Answers(request.Schema))
        {
            return _reviews.Run(request);
        }

        return verb switch
        {
            "get" => _get.Run(request),
            "list" => _list.Run(request),
            "watch" => _watch.Run(request),
            "create" when path.Resource == "bindings" => _bind.Run(request),
            "create" => _create.Run(request),
            "update" => _update.Run(request),
            "patch" => _patch.Run(request),
            "delete" => _delete.One(request),
            "deletecollection" => _delete.Many(request),
            _ => throw Errors.MethodNotAllowed(verb, path.Resource),
        };
    }

    private Task RunBelow(string verb, ApiRequest request)
    {
        var path = request.Path;
        var known = request.Schema.Subresources.FirstOrDefault(sub => sub.Name == path.Subresource)
            ?? throw Errors.NoSuchPath();
        if (!known.Verbs.Contains(verb))
        {
            throw Errors.MethodNotAllowed(verb, $"{path.Resource}/{path.Subresource}");
        }

        return (path.Resource, path.Subresource, verb) switch
        {
            ("serviceaccounts", "token", _) => _tokens.Run(request),
            ("nodes", "proxy", _) => _nodeMetrics.Run(request),
            ("pods", "log", _) => _logs.Run(request),
            ("pods", "exec", _) => _processes.Exec(request),
            ("pods", "attach", _) => _processes.Attach(request),
            ("pods", "portforward", _) => _ports.Run(request),
            ("pods", "eviction", _) => _evict.Run(request),
            ("pods", "binding", _) => _bind.Run(request),
            (_, "scale", _) => _scale.Run(verb, request),
            (_, _, "get") => _get.Run(request),
            (_, _, "update") => _update.Run(request),
            (_, _, "patch") => _patch.Run(request),
            _ => throw Errors.NoSuchPath(),
        };
    }

    /// <summary>Only reading and deleting many may span all namespaces.</summary>
    private static void CheckScope(string verb, ApiRequest request)
    {
        var (path, schema) = (request.Path, request.Schema);
        if (!schema.Namespaced && path.Namespace.Length > 0)
        {
            throw Errors.NoSuchPath();
        }

        if (schema.Namespaced && path.Namespace.Length == 0)
        {
            if (path.Name.Length > 0)
            {
                throw Errors.NoSuchPath();
            }

            if (verb is not ("list" or "watch"))
            {
                throw Errors.MethodNotAllowed(verb, path.Resource);
            }
        }
    }
}
