using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

public sealed class OwnThreadTests
{
    [Fact]
    public async Task Whatever_a_loop_awaits_it_goes_on_on_its_own_thread()
    {
        var threads = new List<string?>();
        var elsewhere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var ended = OwnThread.Run("mine", async () =>
        {
            threads.Add(Thread.CurrentThread.Name);
            await elsewhere.Task;
            threads.Add(Thread.CurrentThread.Name);
            await Task.Yield();
            threads.Add(Thread.CurrentThread.Name);
        });
        elsewhere.SetResult();
        await ended;

        Assert.Equal(["mine", "mine", "mine"], threads);
        Assert.NotEqual("mine", Thread.CurrentThread.Name);
    }

    [Fact]
    public async Task A_fault_of_the_loop_is_the_fault_of_the_task()
    {
        var fault = await Assert.ThrowsAsync<StoreException>(() => OwnThread.Run("mine", async () =>
        {
            await Task.Yield();
            throw new StoreException(StoreReason.Broken, "the disk is gone");
        }));

        Assert.Equal("the disk is gone", fault.Message);
        await Assert.ThrowsAsync<IOException>(() => OwnThread.Run("mine", () => throw new IOException("at once")));
    }
}
