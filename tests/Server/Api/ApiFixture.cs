using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Api;
using Edge.Server.Api.Metrics;
using Edge.Server.Control.ClusterRoles;
using Edge.Server.Fleet;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Api;

/// <summary>A real API server on loopback over a real store, and clients with certificates of their own.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge-api-");
    private readonly List<HttpClient> _clients = [];
    private readonly ECDsa _tokenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _serving;
    private CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private int _uids;

    public ApiFixture() => _serving = Issue(ApiCa, "CN=edge-server");

    internal X509Certificate2 ApiCa { get; } = Authority("api-ca");

    internal X509Certificate2 NodeCa { get; } = Authority("node-ca");

    internal ObjectStore Store { get; private set; } = null!;

    internal Objects Objects { get; private set; } = null!;

    internal ApiServer Server { get; private set; } = null!;

    /// <summary>Takes the place of the fleet: what a node would send of a log.</summary>
    internal OpenPodLogs Logs { get; set; } = (_, _, _) => throw new IOException("no node");

    /// <summary>Takes the place of the nodes: what each would say that it uses.</summary>
    internal Func<string, CancellationToken, Task<NodeUsage?>> ReadUsage { get; set; } =
        (_, _) => Task.FromResult<NodeUsage?>(null);

    /// <summary>Takes the place of the nodes: what the GPUs of each would say.</summary>
    internal Func<string, CancellationToken, Task<GpuInventory?>> ReadGpus { get; set; } =
        (_, _) => Task.FromResult<GpuInventory?>(null);

    /// <summary>Takes the place of the nodes: what each does with a stream.</summary>
    internal Func<string, StreamRequest, CancellationToken, Task<LinkStream>> OpenStream { get; set; } =
        (node, _, _) => throw new LinkStreamException($"node {node} is not connected");

    internal Func<string, bool> IsConnected { get; set; } = _ => false;

    public HttpClient Admin { get; private set; } = null!;

    internal const string DeniedNode = "denied";

    /// <summary>Longer than any machine takes: what is not there by then never comes.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Who may not speak now.</summary>
    internal DeniedNodes Denied { get; set; } =
        DeniedNodes.None with { Nodes = new HashSet<string> { DeniedNode } };

    internal int Port { get; init; }

    internal int VersionMinor { get; init; } = 33;

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    public async Task InitializeAsync()
    {
        OpenStore();
        foreach (var ns in new[] { "default", "kube-system", "kube-public", "kube-node-lease" })
        {
            await Objects.Create(Resources.Namespaces, new Namespace
            {
                Metadata = new ObjectMeta { Name = ns },
                Spec = new NamespaceSpec { Finalizers = ["kubernetes"] },
                Status = new NamespaceStatus { Phase = "Active" },
            }, default);
        }

        await new DefaultRolesWriter(Objects, TimeProvider.System).Run(default);
        await StartServer(Port);
        Admin = Client(Issue(ApiCa, "O=system:masters, CN=admin"));
    }

    /// <summary>The process ends, whatever is under way, and begins again at the same address.</summary>
    internal async Task Restart()
    {
        var port = Server.Port;
        await StopServer();
        await Store.DisposeAsync();
        OpenStore();
        await StartServer(port);
    }

    /// <summary>Gives a role to a subject; returns when that counts.</summary>
    internal async Task Bind(
        string role, string subject, string name, string ns = "", string kind = "ClusterRole")
    {
        var user = subject == "Group" ? new UserInfo("", [name]) : new UserInfo(name, []);
        var before = Known();
        var path = ns.Length == 0 ? "clusterrolebindings" : $"namespaces/{ns}/rolebindings";
        var made = await Admin.PostAsync($"/apis/rbac.authorization.k8s.io/v1/{path}", Json($$$"""
            {"metadata":{"name":"{{{name}}}-{{{role}}}"},"roleRef":{"kind":"{{{kind}}}","name":"{{{role}}}"},
             "subjects":[{"kind":"{{{subject}}}","name":"{{{name}}}"}]}
            """));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var limit = new CancellationTokenSource(Patience);
        while (Known() == before)
        {
            await Task.Yield();
            limit.Token.ThrowIfCancellationRequested();
        }

        int Known()
        {
            var (rules, missing) = Server.Roles.RulesOf(user, ns);
            return rules.Count + missing.Count;
        }
    }

    /// <summary>A client with this certificate, or with none.</summary>
    public HttpClient Client(X509Certificate2? certificate = null, string? token = null)
    {
        var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, _, _, _) => true,
            ClientCertificateOptions = ClientCertificateOption.Manual,
        };
        if (certificate is not null)
        {
            handler.ClientCertificates.Add(certificate);
        }

        var client = new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Server.Port}") };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {token}");
        }

        _clients.Add(client);
        return client;
    }

    public static X509Certificate2 Issue(X509Certificate2 ca, string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(
            ca, ca.NotBefore, ca.NotAfter, Encoding.ASCII.GetBytes(subject)[^8..]);
        using var withKey = signed.CopyWithPrivateKey(key);
        // Through PKCS#12, because TLS cannot use a key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }

    public async Task DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await StopServer();
        _tokenKey.Dispose();
        await Store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private void OpenStore()
    {
        Store = ObjectStore.Open(
            new StoreSettings(Path.Combine(_directory.FullName, "edge.db"), new byte[SecretKeyFile.KeyBytes]),
            Time, NullLogger<ObjectStore>.Instance);
        Objects = new Objects(Store, Time, () => $"uid-{Interlocked.Increment(ref _uids)}");
    }

    private async Task StartServer(int port)
    {
        var settings = new ApiSettings([new IPEndPoint(IPAddress.Loopback, port)], _serving, ApiCa, NodeCa)
        {
            VersionMinor = VersionMinor,
            TokenKey = _tokenKey,
            Url = "https://edge.example:6443",
            BackupFile = Path.Combine(_directory.FullName, "edge.db.backup"),
            Denied = () => Denied,
            Usages = new NodeUsages((node, ct) => ReadUsage(node, ct), Time)
            {
                Gpus = (node, ct) => ReadGpus(node, ct),
            },
            Streams = new StreamRelay(
                (node, request, ct) => OpenStream(node, request, ct), node => IsConnected(node),
                _ => "last contact at noon", Time),
        };
        Server = new ApiServer(settings, Objects, (node, request, ct) => Logs(node, request, ct),
            Time, new Random(1), NullLoggerFactory.Instance);
        await Server.Start(default);
        _stop = new CancellationTokenSource();
        _following = Server.Run(_stop.Token);
    }

    private async Task StopServer()
    {
        await Server.DisposeAsync();
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    internal static StringContent Json(string text, string type = "application/json") =>
        new(text, Encoding.UTF8, type);

    internal static async Task<JsonObject> Body(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

    private static X509Certificate2 Authority(string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2090, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }
}
