using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Edge.Server;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// Clients of a recorded server that create, replace and delete ConfigMaps and Secrets all at once, each its own, and
/// take revisions for Leases, which live in memory. They end when told to, or when the server does.
/// </summary>
internal sealed class Writers(AdminClient client, Func<long> length, History history, string life)
{
    private const string Prefix = "cut-";
    private const int Count = 8;

    /// <summary>About as many objects of each writer live at once.</summary>
    private const int Live = 10;

    private const int LargeText = 12_000;

    private static readonly string[] s_resources = ["configmaps", "secrets"];

    public static string Listing(string resource) => $"/api/v1/namespaces/default/{resource}";

    /// <summary>The key and the text of an object of a listing; null for one that no writer made.</summary>
    public static (string Key, string Text)? Read(string resource, JsonElement item)
    {
        var name = item.GetProperty("metadata").GetProperty("name").GetString()!;
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var text = item.GetProperty("data").GetProperty("text").GetString()!;
        return ($"{resource}/{name}",
            resource == "secrets" ? Encoding.UTF8.GetString(Convert.FromBase64String(text)) : text);
    }

    public Task Run(int seed, CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, Count).Select(index => Task.Run(() => RunOne(index, seed + index, stop))));

    private async Task RunOne(int index, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var living = new List<(string Resource, string Name)>();
        try
        {
            for (var step = 0; !stop.IsCancellationRequested; step++)
            {
                var text = $"{life}.{index}.{step}:" + new string((char)('a' + (step % 26)), Size(random));
                if (random.Next(2 * Live) >= living.Count)
                {
                    living.Add((s_resources[random.Next(2)], $"{Prefix}{life}-{index}-{step}"));
                    await Write(HttpMethod.Post, living[^1], text);
                }
                else if (random.Next(3) > 0)
                {
                    await Write(HttpMethod.Put, living[random.Next(living.Count)], text);
                }
                else
                {
                    var at = random.Next(living.Count);
                    await Write(HttpMethod.Delete, living[at], text: null);
                    living.RemoveAt(at);
                }

                if (step % 16 == 0)
                {
                    await Lease($"{life}-{index}-{step}");
                }
            }
        }
        catch (Exception ended) when (ended is HttpRequestException or IOException)
        {
            // The server is gone: what was under way is not acknowledged, and may have happened.
        }
    }

    private static int Size(Random random) =>
        random.Next(10) == 0 ? random.Next(LargeText) : random.Next(random.Next(2000) + 1);

    private async Task Write(HttpMethod method, (string Resource, string Name) of, string? text)
    {
        var key = $"{of.Resource}/{of.Name}";
        history.Begin(key, text, length());
        var body = text is null ? null : of.Resource == "secrets"
            ? Body("Secret", of.Name, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)))
            : Body("ConfigMap", of.Name, text);
        var revision = await Send(
            method, method == HttpMethod.Post ? Listing(of.Resource) : $"{Listing(of.Resource)}/{of.Name}", body);
        history.Acknowledge(key, revision, length());
    }

    private async Task Lease(string name) => history.Show(
        await Send(HttpMethod.Post, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", $$"""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","spec":{},"metadata":{"name":"{{name}}" } }
            """),
        length());

    /// <summary>The revision of the answer, or 0 where it is a Status.</summary>
    private async Task<long> Send(HttpMethod method, string path, string? body)
    {
        using var content = body is null
            ? null
            : new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await client.Send(method, path, content, CancellationToken.None);
        using var read = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return read.RootElement.GetProperty("metadata").TryGetProperty("resourceVersion", out var revision)
            && method != HttpMethod.Delete ? long.Parse(revision.GetString()!) : 0;
    }

    private static string Body(string kind, string name, string text) =>
        $$"""{"apiVersion":"v1","kind":"{{kind}}","metadata":{"name":"{{name}}"},"data":{"text":"{{text}}" } }""";
}
