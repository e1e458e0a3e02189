using System.Text.Json;
using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The node's settings as the server last gave them, read once for each change of their bytes. What cannot be read says
/// nothing: the defaults hold. Safe from any thread.
/// </summary>
/// <param name="desired">The present desired entries.</param>
/// <param name="logger">Told once of what cannot be read.</param>
internal sealed class KnownSettings(Func<IReadOnlyDictionary<string, byte[]>> desired, ILogger logger)
{
    private readonly Lock _gate = new();
    private byte[]? _bytes;
    private NodeSettings _settings = new();

    public NodeSettings Now
    {
        get
        {
            lock (_gate)
            {
                var entries = desired();
                var bytes = entries.GetValueOrDefault("node");
                if (bytes != _bytes)
                {
                    _bytes = bytes;
                    _settings = Read(entries);
                }

                return _settings;
            }
        }
    }

    /// <summary>Whether nothing of the pod of this uid may begin.</summary>
    public bool HoldsBack(string uid) => Now.HeldBack?.Contains(uid) == true;

    private NodeSettings Read(IReadOnlyDictionary<string, byte[]> entries)
    {
        try
        {
            return new ObjectSource(entries).Node();
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException)
        {
            ReconcileLog.Unreadable(logger, "node", unreadable.Message);
            return new NodeSettings();
        }
    }
}
