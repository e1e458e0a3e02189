using Edge.Server.Control.Workloads;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Control.Workloads;

/// <summary>Lists of objects that always tell the store's newest state.</summary>
public sealed class StoreIndexTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task An_object_that_changed_unseen_stays_on_its_list_even_alone()
    {
        var index = new StoreIndex<string>(
            _fixture.Store, "/things/", stored => StoreFixture.Text(stored), view => [view.Split(' ')[0]]);
        await _fixture.Put("/things/a", "red 1");
        index.Look("/things/a");
        Assert.Equal(["red 1"], index.On("red"));

        await _fixture.Put("/things/a", "red 2");
        Assert.Equal(["red 2"], index.On("red"));

        await _fixture.Put("/things/a", "blue 3");
        Assert.Empty(index.On("red"));
        Assert.Equal(["blue 3"], index.On("blue"));
    }
}
