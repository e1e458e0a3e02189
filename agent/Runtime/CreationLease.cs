using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Leases;

namespace Edge.Agent.Runtime;

/// <summary>
/// Keeps a new snapshot from containerd's collection until its container object refers to it. It is made anew once in
/// each life of the agent, so what a crash left half made under the last one is containerd's to collect.
/// </summary>
internal sealed class CreationLease(GrpcChannel channel) : IDisposable
{
    public const string Id = "edge-create";

    private readonly SemaphoreSlim _gate = new(1);
    private bool _begun;

    /// <summary>Before anything is made under it. The first call drops what an earlier life left.</summary>
    public async Task Begin(CancellationToken token)
    {
        await _gate.WaitAsync(token);
        try
        {
            if (!_begun)
            {
                await Drop(token);
                await Make(token);
                _begun = true;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes it where it is not there: somebody may have emptied containerd.</summary>
    public async Task Make(CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.CreateLease, new CreateRequest { Id = Id }, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // It holds already.
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task Drop(CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.DeleteLease, new DeleteRequest { Id = Id }, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // The first life of an agent on this node.
        }
    }
}
