using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Tests.Server.Api;

namespace Edge.Tests.Server.Fuzz;

/// <summary>
/// Requests of every kind, each a little wrong, to a whole server: each gets an answer in time that is no 500, every
/// failure is a Status, and afterwards the server does what it did before.
/// </summary>
public sealed class ApiFuzzTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const int Tries = 1500;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private static readonly string[] s_methods =
        ["GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    private static readonly string[] s_accepts =
    [
        "application/json", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "application/yaml",
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "a;b=c;;",
        "application/vnd.kubernetes.protobuf",
    ];

    private static readonly (string Type, IReadOnlyList<byte[]> Bodies)[] s_bodies =
    [
        ("application/json", Corpus.Json), ("application/yaml", Corpus.Yaml),
        ("application/vnd.kubernetes.protobuf", Corpus.Protobuf),
        ("application/json-patch+json", Corpus.JsonPatches), ("application/merge-patch+json", Corpus.MergePatches),
        ("application/strategic-merge-patch+json", Corpus.MergePatches),
        ("application/apply-patch+yaml", Corpus.Yaml),
    ];

    private static readonly byte[][] s_paths = [.. Corpus.Paths.Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] s_queries = [.. Corpus.Queries.Select(Encoding.UTF8.GetBytes)];

    [Fact]
    public async Task Any_request_is_answered_and_the_server_goes_on()
    {
        var codes = new SortedDictionary<int, int>();
        foreach (var seed in FuzzLoop.Seeds(Tries))
        {
            using var request = Make(new Random(seed), out var body);
            try
            {
                var code = await Ask(request).WaitAsync(s_longest);
                codes[code] = codes.GetValueOrDefault(code) + 1;
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException(
                    $"seed {seed}: {fault.Message}\n{request}\n{Encoding.Latin1.GetString(body)}", fault);
            }
        }

        Assert.True(codes.Count > 6 && codes.Keys.Min() < 300, string.Join(' ', codes));
        await CheckHealth();
    }

    private async Task<int> Ask(HttpRequestMessage request)
    {
        using var response = await api.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var code = (int)response.StatusCode;
        if (code < 400 || request.Method == HttpMethod.Head)
        {
            return code;
        }

        var text = await response.Content.ReadAsStringAsync();
        // 504 is the answer to a resourceVersion that does not exist yet.
        Assert.True(code is < 500 or 504, $"{code}: {text}");
        // What is no HTTP at all never comes as far as to us.
        if (text.Length > 0 || code != 400)
        {
            var status = JsonNode.Parse(text)!;
            Assert.Equal(("Status", code), ((string?)status["kind"], (int)status["code"]!));
        }

        return code;
    }

    private HttpRequestMessage Make(Random random, out byte[] body)
    {
        var (type, bodies) = s_bodies[random.Next(s_bodies.Length)];
        var path = random.Next(3) switch
        {
            0 => Encoding.UTF8.GetString(new Mutator(random, s_paths).Next()),
            1 => Corpus.Paths[random.Next(Corpus.Paths.Count)],
            _ => Collection(random),
        };
        var query = Encoding.UTF8.GetString(
            random.Next(2) == 0 ? new Mutator(random, s_queries).Next() : s_queries[random.Next(s_queries.Length)]);
        var method = s_methods[random.Next(s_methods.Length)];
        body = random.Next(4) == 0 ? bodies[random.Next(bodies.Count)] : new Mutator(random, bodies).Next();
        var address = $"{api.Admin.BaseAddress}{Wire(path.TrimStart('/'))}?{Wire(query)}";
        var request = new HttpRequestMessage(
            new HttpMethod(method),
            new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Headers.TryAddWithoutValidation("Accept", s_accepts[random.Next(s_accepts.Length)]);
        if (method is "POST" or "PUT" or "PATCH" or "DELETE")
        {
            request.Content = new ByteArrayContent(method == "DELETE" && random.Next(2) == 0 ? [] : body);
            request.Content.Headers.ContentType = random.Next(12) == 0 ? null : new MediaTypeHeaderValue(type);
        }

        return request;
    }

    /// <summary>Where an object of the corpus belongs, so that some of them come to be.</summary>
    private static string Collection(Random random)
    {
        var (schema, _, tree) = Corpus.Objects[random.Next(Corpus.Objects.Count)];
        var scope = schema.Namespaced ? "/namespaces/default" : "";
        var root = schema.Group.Length == 0 ? "/api/" : $"/apis/{schema.Group}/";
        var name = random.Next(2) == 0 ? "" : $"/{tree.Object("metadata").Text("name")}";
        return $"{root}{schema.Version}{scope}/{schema.Plural}{name}";
    }

    /// <summary>What a request line may hold; the server's limit for it ends what is longer.</summary>
    private static string Wire(string text)
    {
        var wire = new StringBuilder();
        foreach (var letter in text)
        {
            wire.Append(letter is > ' ' and <= '~' and not '#' and not '?' ? letter : "%20");
        }

        return wire.Length > 4000 ? wire.ToString(0, 4000) : wire.ToString();
    }

    private async Task CheckHealth()
    {
        foreach (var schema in SchemaCatalog.Default.Resources.Where(one => one.Verbs.Contains("list")))
        {
            var root = schema.Group.Length == 0 ? "/api" : $"/apis/{schema.Group}";
            var path = $"{root}/{schema.Version}/{schema.Plural}";
            foreach (var accept in s_accepts[..3])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?labelSelector=!a");
                request.Headers.TryAddWithoutValidation("Accept", accept);
                using var response = await api.Admin.SendAsync(request);
                Assert.True(response.IsSuccessStatusCode, $"{path}: {await response.Content.ReadAsStringAsync()}");
                using var whole = JsonDocument.Parse(
                    await response.Content.ReadAsByteArrayAsync(), new JsonDocumentOptions { MaxDepth = 1000 });
            }
        }

        var made = await api.Admin.PostAsync(
            "/api/v1/namespaces/default/configmaps", ApiFixture.Json("""{"metadata":{"generateName":"after-"}}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }
}
