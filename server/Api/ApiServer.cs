using Edge.Server.Access;
using Edge.Server.Admission;
using Edge.Server.Api.Discovery;
using Edge.Server.Api.Identity;
using Edge.Server.Api.Tokens;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Api;

/// <summary>Speaks Kubernetes' HTTP over the store. Decides nothing about workloads.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    /// <summary>Every connection costs some 40 KiB with its TLS state; a fleet's clients need far fewer.</summary>
    private const int ConnectionsMax = 4096;

    /// <summary>A Go client puts all its watches on one connection; Kestrel's 100 is too few for an operator.</summary>
    private const int StreamsPerConnection = 1000;

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Router _router;
    private readonly BackupEndpoint _backup;
    private readonly ILogger _log;

    public ApiServer(
        ApiSettings settings, Objects objects, OpenPodLogs openLogs, TimeProvider time, Random random,
        ILoggerFactory loggers)
    {
        _log = loggers.CreateLogger<ApiServer>();
        var catalog = SchemaCatalog.Default;
        var parts = new VerbParts(
            objects, catalog, new SnapshotPins(time), time, new NameSuffix(random),
            new PodAdmission(objects, settings.Tolerations));
        Roles = new RoleIndex(objects.Store);
        var identity = IdentityParts.Make(settings, objects, Roles, time);
        _router = new Router(parts, identity, openLogs, settings.Usages, settings.Streams);
        var documents = new IssuerDocuments(identity.Signer, IdentityParts.Issuer, settings.Url);
        _backup = new BackupEndpoint(objects.Store, settings.BackupFile, identity.Authorizer);
        // Named as monitors know it; here the store is its own.
        var health = new HealthEndpoint(
            new HealthCheck("ping", () => true), new HealthCheck("etcd", () => !objects.Store.Completion.IsCompleted));
        var dispatcher = new Dispatcher(
            identity, _router,
            new DiscoveryEndpoint(
                catalog, settings.VersionMinor, settings.ApiCa.ExportCertificatePem(), documents, health),
            _backup, catalog, time, _log);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(options => Configure(options, settings));
        _app = builder.Build();
        _app.Run(http => dispatcher.Run(http, _stopping.Token));
    }

    /// <summary>The roles that requests are judged by.</summary>
    public RoleIndex Roles { get; }

    /// <summary>The port listened on, once started.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Listens; returns when requests are answered.</summary>
    public async Task Start(CancellationToken ct)
    {
        Roles.Prime();
        await _app.StartAsync(ct);
        foreach (var address in _app.Urls)
        {
            _log.Listening(address);
        }
    }

    /// <summary>Keeps up with what roles say, until cancelled; requests are answered besides.</summary>
    public Task Run(CancellationToken ct) => Roles.Run(ct);

    /// <summary>Ends watches and log streams, then stops listening.</summary>
    public async Task Stop(CancellationToken ct)
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _router.Dispose();
        _backup.Dispose();
        _stopping.Dispose();
    }

    private static void Configure(KestrelServerOptions options, ApiSettings settings)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = false;
        options.Limits.MaxConcurrentConnections = ConnectionsMax;
        options.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        // Bodies are limited where they are read, which can answer with a Status.
        options.Limits.MaxRequestBodySize = null;
        foreach (var endpoint in settings.Listen)
        {
            options.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = settings.Serving,
                    ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                    // Looked at with the request, so that a wrong one gets a Status and not a cut connection.
                    ClientCertificateValidation = (_, _, _) => true,
                });
            });
        }
    }
}
