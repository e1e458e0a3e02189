using System.Globalization;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api.Model;

/// <summary>
/// Random clients over HTTP, informers and restarts: one order of revisions explains what every client saw, and what
/// informers know is what is there. <c>EDGE_STORE_SEEDS</c> tries more seeds.
/// </summary>
public sealed class ApiModelTests
{
    private const string Collection = "/api/v1/namespaces/default/configmaps";
    private const int Writers = 5;
    private const int Lives = 3;
    private const int StepsEach = 60;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private static readonly int s_seeds =
        int.Parse(Environment.GetEnvironmentVariable("EDGE_STORE_SEEDS") ?? "4", CultureInfo.InvariantCulture);

    [Fact]
    public async Task What_clients_and_informers_see_is_one_history_across_restarts()
    {
        var (bookmarks, expired) = (0, 0);
        for (var seed = 1; seed <= s_seeds; seed++)
        {
            try
            {
                foreach (var informer in await Live(seed))
                {
                    (bookmarks, expired) = (bookmarks + informer.Bookmarks, expired + informer.Expired);
                }
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}: {fault.Message}", fault);
            }
        }

        Assert.True(bookmarks >= s_seeds && expired >= s_seeds, $"little happened: {bookmarks}, {expired}");
    }

    private static async Task<IReadOnlyList<ApiInformer>> Live(int seed)
    {
        var clock = new FakeClock();
        var api = new ApiFixture { Time = clock };
        await api.InitializeAsync();
        try
        {
            var (random, history) = (new Random(seed), new ApiHistory());
            ApiInformer[] informers =
            [
                new(api.Admin, Collection, "", FirstLook.Pages, new Random(seed + 1)),
                new(api.Admin, Collection, "", FirstLook.InitialEvents, new Random(seed + 2)),
                new(api.Admin, Collection, "color%3Dred", FirstLook.Pages, new Random(seed + 3)),
                new(api.Admin, Collection, "color%3Dred", FirstLook.InitialEvents, new Random(seed + 4)),
            ];
            var watching = informers.Select(informer => Task.Run(informer.Run)).ToArray();
            for (var life = 0; life < Lives; life++)
            {
                var writing = Enumerable.Range(0, Writers)
                    .Select(i => new Random((seed * 100) + (life * 10) + i))
                    .Select(choices => new ApiWriter(api.Admin, Collection, history, choices))
                    .Select(writer => Task.Run(() => writer.Run(StepsEach))).ToList();
                await Task.WhenAny(writing);
                clock.Advance(TimeSpan.FromSeconds(50));
                if (life + 1 < Lives)
                {
                    // In the midst of what the others do.
                    await api.Restart();
                }

                await Task.WhenAll(writing).WaitAsync(s_limit);
                clock.Advance(TimeSpan.FromSeconds(50));
            }

            (await api.Admin.PostAsync(Collection, ApiFixture.Json(
                """{"metadata":{"name":"last","labels":{"color":"red"}}}"""))).EnsureSuccessStatusCode();
            await Task.WhenAll(watching).WaitAsync(s_limit);
            history.Check();
            await CheckInformers(api, informers, history);
            return informers;
        }
        finally
        {
            await api.DisposeAsync();
        }
    }

    private static async Task CheckInformers(ApiFixture api, ApiInformer[] informers, ApiHistory history)
    {
        foreach (var (informer, selector) in informers.Zip(["", "", "color%3Dred", "color%3Dred"]))
        {
            var list = await ApiFixture.Body(await api.Admin.GetAsync($"{Collection}?labelSelector={selector}"));
            Assert.Equal(
                list["items"]!.AsArray().Select(item =>
                    $"{(string?)item!["metadata"]!["name"]}@{(string?)item["metadata"]!["resourceVersion"]}"),
                informer.Known.Select(known => $"{known.Key}@{known.Value}"));
        }

        // The two without a selector heard of everything that was answered while they listened.
        foreach (var coverage in informers[..2].SelectMany(informer => informer.Covered))
        {
            Assert.All(
                history.Writes.Where(write => write.Revision > coverage.From && write.Revision <= coverage.To),
                write => Assert.Contains(write.Revision, coverage.Events));
        }
    }
}
