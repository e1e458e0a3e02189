using System.ComponentModel;

namespace Edge.Agent.Network;

/// <summary>
/// The node's own table in the kernel: who holds which host port, and the rules that follow from the sandboxes. One
/// change at a time; a change that leaves the rules as they are runs no program.
/// </summary>
internal sealed class NodeTable(string clusterCidr, ProgramRun programs) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, SandboxRecord> _sandboxes = [];
    private readonly HostPorts _ports = new();
    private string? _applied;

    /// <summary>Takes a pod's ports before anything of it is made.</summary>
    public async Task Claim(SandboxRequest request, CancellationToken cancellation)
    {
        using var _ = await Enter(cancellation);
        _ports.Claim(request.Uid, request.HostPorts);
    }

    /// <summary>
    /// Takes in what stands already when the agent starts; <see cref="Add"/> or <see cref="Apply"/> follows.
    /// </summary>
    public void Remember(SandboxRecord sandbox)
    {
        _ports.Claim(sandbox.Request.Uid, sandbox.Request.HostPorts);
        _sandboxes[sandbox.Request.Uid] = sandbox;
    }

    /// <summary>Writes the table as it follows from what is remembered, whether or not it changed.</summary>
    public async Task Apply(CancellationToken cancellation)
    {
        using var _ = await Enter(cancellation);
        _applied = null;
        await ApplyChange(cancellation);
    }

    public async Task Add(SandboxRecord sandbox, CancellationToken cancellation)
    {
        using var _ = await Enter(cancellation);
        var uid = sandbox.Request.Uid;
        var before = _sandboxes.GetValueOrDefault(uid);
        _sandboxes[uid] = sandbox;
        try
        {
            await ApplyChange(cancellation);
        }
        catch
        {
            PutBack(uid, before);
            throw;
        }
    }

    /// <summary>What was refused must not stay in the text, or every later pod would be refused with it.</summary>
    private void PutBack(string uid, SandboxRecord? before)
    {
        _sandboxes.Remove(uid);
        if (before is not null)
        {
            _sandboxes[uid] = before;
        }
    }

    /// <summary>The ports are free only when no rule leads there any more; so a failure keeps them held.</summary>
    public async Task Remove(string uid, CancellationToken cancellation)
    {
        using var _ = await Enter(cancellation);
        if (_sandboxes.Remove(uid, out var sandbox))
        {
            try
            {
                await ApplyChange(cancellation);
            }
            catch
            {
                _sandboxes[uid] = sandbox;
                throw;
            }
        }

        _ports.Release(uid);
    }

    public void Dispose() => _gate.Dispose();

    private async Task ApplyChange(CancellationToken cancellation)
    {
        var wanted = RulesetPlan.Render(_sandboxes.Values, clusterCidr);
        if (wanted == _applied)
        {
            return;
        }

        try
        {
            var result = await programs.Run("nft", ["-f", "-"], wanted, new Dictionary<string, string>(), cancellation);
            if (result.ExitCode != 0)
            {
                throw new NetworkException(
                    NetworkReason.RulesetRefused, $"nft: {result.Error}{result.Output}".TrimEnd());
            }
        }
        catch (Exception failure) when (failure is TimeoutException or Win32Exception)
        {
            throw new NetworkException(NetworkReason.RulesetRefused, $"nft: {failure.Message}", failure);
        }

        _applied = wanted;
    }

    private async Task<Entered> Enter(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        return new Entered(_gate);
    }

    private readonly struct Entered(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
