using System.Security.Cryptography.X509Certificates;

namespace Edge.Tests.Server.Api;

/// <summary>Keeps a server up for a real kubectl: EDGE_HAND=directory, which then holds a kubeconfig.</summary>
public sealed class HandDrivenServer
{
    [SkippableFact]
    public async Task Serves_until_a_file_named_stop_appears()
    {
        var directory = Environment.GetEnvironmentVariable("EDGE_HAND");
        Skip.If(directory is null, "EDGE_HAND is not set; this server is for trying things by hand");
        var api = new ApiFixture
        {
            VersionMinor = int.Parse(Environment.GetEnvironmentVariable("EDGE_MINOR") ?? "33"),
        };
        await api.InitializeAsync();
        using var admin = ApiFixture.Issue(api.ApiCa, "O=system:masters, CN=admin");
        var certificate = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(admin.ExportCertificatePem()));
        var key = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(
            admin.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        await File.WriteAllTextAsync(Path.Combine(directory!, "kubeconfig"), $$$"""
            apiVersion: v1
            kind: Config
            current-context: edge
            clusters:
            - name: edge
              cluster: {server: "https://127.0.0.1:{{{api.Server.Port}}}", insecure-skip-tls-verify: true}
            users: [{name: admin, user: {client-certificate-data: {{{certificate}}}, client-key-data: {{{key}}}}}]
            contexts: [{name: edge, context: {cluster: edge, user: admin}}]
            """);
        using var watcher = new FileSystemWatcher(directory!, "stop") { EnableRaisingEvents = true };
        var stop = new TaskCompletionSource();
        watcher.Created += (_, _) => stop.TrySetResult();
        await stop.Task;
        await api.DisposeAsync();
    }
}
