using System.Net;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Api;

/// <summary>What <c>edge-server backup</c> fetches.</summary>
public sealed class BackupTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task An_administrator_gets_a_copy_of_the_database_that_can_be_restored()
    {
        await api.Admin.PostAsync(
            "/api/v1/namespaces/default/configmaps", ApiFixture.Json("""{"metadata":{"name":"kept"} }"""));
        var folder = Directory.CreateTempSubdirectory("edge-backup-");
        try
        {
            var (file, database) = (Path.Combine(folder.FullName, "backup"), Path.Combine(folder.FullName, "edge.db"));
            await File.WriteAllBytesAsync(file, await api.Admin.GetByteArrayAsync("/backup"));

            StoreRestore.Run(file, database, api.Time.GetUtcNow());

            await using var store = ObjectStore.Open(
                new StoreSettings(database, new byte[SecretKeyFile.KeyBytes]), api.Time,
                NullLogger<ObjectStore>.Instance);
            Assert.Contains("kept", StoreFixture.Text(store.Get(StoreKeys.For("", "configmaps", "default", "kept"))));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task To_read_every_path_is_not_enough()
    {
        using var user = api.Client(ApiFixture.Issue(api.ApiCa, "CN=reads-paths"));
        await api.Admin.PostAsync("/apis/rbac.authorization.k8s.io/v1/clusterroles", ApiFixture.Json(
            """{"metadata":{"name":"paths"},"rules":[{"verbs":["get"],"nonResourceURLs":["*"]}]}"""));
        await api.Bind("paths", "User", "reads-paths");
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await user.GetAsync("/backup")).StatusCode);
    }

    [Fact]
    public async Task Nobody_else_gets_one()
    {
        using var user = api.Client(ApiFixture.Issue(api.ApiCa, "CN=reads-all"));
        await api.Bind("view", "User", "reads-all", "default");
        Assert.Equal(HttpStatusCode.Forbidden, (await user.GetAsync("/backup")).StatusCode);
    }
}
