using Microsoft.Extensions.Logging;

namespace Edge.Agent.Network;

/// <summary>
/// Makes, finds again and removes the sandboxes of this node's pods. Calls for different pods may overlap, calls for
/// one uid must not. Everything it knows lies under the run directory, so that a restart of the agent loses nothing.
/// </summary>
internal sealed class SandboxNetwork(NetworkSettings settings, ILogger logger)
{
    /// <summary>Once, before anything else: makes the node ready and reads what sandboxes stand already.</summary>
    public Task Start(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Keeps the addresses of known pods away from other pods until each pod's own <see cref="Create"/> takes it
    /// (with <see cref="SandboxRequest.PreferredIp"/>). To be called after <see cref="Start"/> with every recorded pod.
    /// </summary>
    public void KeepAddresses(IReadOnlyDictionary<string, string> ipByUid) => throw new NotImplementedException();

    /// <summary>Makes the pod's sandbox, or adopts it where it stands; a broken interface is repaired in place.</summary>
    public Task<SandboxResult> Create(SandboxRequest request, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Removes the pod's sandbox and frees its address and ports; without effect when there is none.</summary>
    public Task Remove(string uid, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The uids that have a sandbox here, whole or half made.</summary>
    public IReadOnlyList<string> List() => throw new NotImplementedException(settings.RunDir + logger);

    /// <summary>Removes every sandbox and address reservation that belongs to none of <paramref name="uids"/>.</summary>
    public Task RemoveOthers(IReadOnlySet<string> uids, CancellationToken cancellation) =>
        throw new NotImplementedException();
}
