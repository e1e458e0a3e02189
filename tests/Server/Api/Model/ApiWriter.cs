using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api.Model;

/// <summary>A client that creates, replaces, patches, reads and deletes objects of a few names at random.</summary>
internal sealed class ApiWriter(HttpClient client, string collection, ApiHistory history, Random random)
{
    private const int Names = 7;

    public async Task Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var path = $"{collection}/object-{random.Next(Names)}";
            try
            {
                await Step(path);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                // The server is restarting: what became of it nobody knows.
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private async Task Step(string path)
    {
        if (await Ask(HttpMethod.Get, path) is not { } current)
        {
            await Ask(HttpMethod.Post, collection, Body(path, null), 0);
            return;
        }

        var revision = Revision(current);
        switch (random.Next(10))
        {
            case < 4:
                await Ask(HttpMethod.Put, path, Body(path, revision), revision);
                break;
            case < 6:
                await Ask(HttpMethod.Patch, path, Body(path, revision), revision);
                break;
            case < 8:
                await Ask(HttpMethod.Patch, path, Body(path, null), null);
                break;
            case 8:
                await Ask(HttpMethod.Delete, path, new JsonObject
                {
                    ["preconditions"] = new JsonObject { ["resourceVersion"] = revision.ToString() },
                });
                break;
            default:
                await Ask(HttpMethod.Delete, path);
                break;
        }
    }

    /// <summary>The object that the server answers; null when it refuses, for a reason that it may have.</summary>
    private async Task<JsonObject?> Ask(HttpMethod method, string path, JsonObject? body = null, long? bound = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = ApiFixture.Json(
                body.ToJsonString(),
                method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json");
        }

        var begun = history.Now();
        using var response = await client.SendAsync(request);
        var answer = await ApiFixture.Body(response);
        if (!response.IsSuccessStatusCode)
        {
            Assert.Contains(response.StatusCode, (HttpStatusCode[])[
                HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable,
            ]);
            return null;
        }

        if (method != HttpMethod.Delete)
        {
            var name = (string)answer["metadata"]!["name"]!;
            history.Add(new ApiWrite(
                name, method == HttpMethod.Get, begun, history.Now(), Revision(answer), bound));
        }

        return answer;
    }

    private JsonObject Body(string path, long? revision)
    {
        var metadata = new JsonObject
        {
            ["name"] = path[(path.LastIndexOf('/') + 1)..],
            ["labels"] = new JsonObject { ["color"] = random.Next(2) == 0 ? "red" : "blue" },
        };
        if (revision is not null)
        {
            metadata["resourceVersion"] = revision.ToString();
        }

        // Never the same twice, because an update that changes nothing writes nothing.
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["data"] = new JsonObject { ["n"] = $"{random.NextInt64()}", ["base"] = revision?.ToString() ?? "" },
        };
    }

    private static long Revision(JsonObject obj) => long.Parse((string)obj["metadata"]!["resourceVersion"]!);
}
