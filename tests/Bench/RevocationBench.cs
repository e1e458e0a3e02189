using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Bench;

/// <summary>How long who has lost a role is still let in.</summary>
internal static class RevocationBench
{
    private const int Rounds = 20;
    private const string Bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";

    /// <summary>The longest of all rounds, from the answer to the deletion of the binding to the refusal.</summary>
    public static async Task<Figure> Run(BenchServer server)
    {
        await server.Post("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"left"} }""");
        using var user = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                TargetHost = server.ClientTls.TargetHost,
                CertificateChainPolicy = server.ClientTls.CertificateChainPolicy,
            },
        })
        {
            BaseAddress = server.Http.BaseAddress,
        };
        user.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Token(server));
        var longest = TimeSpan.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            await server.Post(Bindings, """
                {"metadata":{"name":"left"},"roleRef":{"kind":"ClusterRole","name":"view"},
                 "subjects":[{"kind":"ServiceAccount","name":"left"}]}
                """);
            await BenchServer.Until("the role lets its user in", async () => await Ask(user) == HttpStatusCode.OK);
            (await server.Http.DeleteAsync($"{Bindings}/left")).EnsureSuccessStatusCode();
            var since = Stopwatch.GetTimestamp();
            while (await Ask(user) != HttpStatusCode.Forbidden)
            {
            }

            var passed = Stopwatch.GetElapsedTime(since);
            longest = passed > longest ? passed : longest;
        }

        return new Figure("api-revocation", longest.TotalMilliseconds, "ms", Bound.Max, 1_000);
    }

    private static async Task<HttpStatusCode> Ask(HttpClient user)
    {
        using var answer = await user.GetAsync("/api/v1/namespaces/default/pods");
        return answer.StatusCode;
    }

    private static async Task<string> Token(BenchServer server)
    {
        using var request = new StringContent("""{"spec":{} }""", Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(
            "/api/v1/namespaces/default/serviceaccounts/left/token", request);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["status"]!["token"]!.GetValue<string>();
    }
}
