using Edge.Server.Api.Http;

namespace Edge.Tests.Server.Api;

public sealed class FairShareTests
{
    [Fact]
    public void A_caller_who_is_alone_gets_half()
    {
        var share = new FairShare(max: 20, reserved: 4);
        Assert.Equal(8, Fill(share, "a").Count);
    }

    [Fact]
    public void Whoever_comes_next_finds_room_and_all_together_stay_within_the_bound()
    {
        var share = new FairShare(max: 100, reserved: 0);
        var held = Enumerable.Range(0, 100).Select(i => Fill(share, $"caller-{i}").Count).ToList();

        Assert.Equal([50, 25, 13, 6, 3, 2, 1], held[..7]);
        Assert.Equal(0, held[7]);
        Assert.Equal(100, held.Sum());
    }

    [Fact]
    public void Callers_who_come_and_go_together_end_with_equal_shares()
    {
        var share = new FairShare(max: 90, reserved: 0);
        var places = new Dictionary<string, Queue<FairShare.Place>> { ["a"] = [], ["b"] = [] };
        // Each asks for two when one is answered, so both always want more than they have.
        for (var round = 0; round < 500; round++)
        {
            foreach (var (name, held) in places)
            {
                if (held.TryDequeue(out var done))
                {
                    done.Dispose();
                }

                for (var i = 0; i < 2 && share.Take(name, isAdministrator: false) is { } place; i++)
                {
                    held.Enqueue(place);
                }
            }
        }

        Assert.All(places.Values, held => Assert.InRange(held.Count, 29, 31));
    }

    [Fact]
    public void Administrators_have_places_of_their_own()
    {
        var share = new FairShare(max: 20, reserved: 4);
        for (var i = 0; i < 30; i++)
        {
            Fill(share, $"caller-{i}");
        }

        Assert.Null(share.Take("new", isAdministrator: false));
        Assert.NotNull(share.Take("admin", isAdministrator: true));
    }

    [Fact]
    public void A_place_that_is_given_back_can_be_taken_again()
    {
        var share = new FairShare(max: 20, reserved: 0);
        var places = Fill(share, "a");
        places[0].Dispose();
        Assert.NotNull(share.Take("a", isAdministrator: false));
        Assert.Null(share.Take("a", isAdministrator: false));
    }

    [Fact]
    public void Callers_without_a_request_are_forgotten_and_those_with_one_are_not()
    {
        var share = new FairShare(max: 20, reserved: 0);
        var places = Fill(share, "busy");
        for (var i = 0; i < 50_000; i++)
        {
            share.Take($"caller-{i}", isAdministrator: false)!.Value.Dispose();
        }

        Assert.InRange(share.Known, 1, 10_000);
        Assert.Null(share.Take("busy", isAdministrator: false));
        places.ForEach(place => place.Dispose());
        Assert.Equal(10, Fill(share, "busy").Count);
    }

    [Fact]
    public async Task Places_are_neither_lost_nor_made_while_many_callers_are_forgotten_at_once()
    {
        var share = new FairShare(max: 1000, reserved: 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 30_000; i++)
            {
                share.Take($"caller-{random.Next(9000)}", isAdministrator: false)?.Dispose();
            }
        })));

        Assert.Equal(500, Fill(share, "last").Count);
    }

    private static List<FairShare.Place> Fill(FairShare share, string name)
    {
        var places = new List<FairShare.Place>();
        while (share.Take(name, isAdministrator: false) is { } place)
        {
            places.Add(place);
        }

        return places;
    }
}
