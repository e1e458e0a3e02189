using System.Text.Json;
using Edge.Agent.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report;

/// <summary>
/// What is true here, on its way to the server. Before there is a link the latest value of each key waits; after that
/// the link's own map holds it.
/// </summary>
internal sealed class ReportOutbox
{
    private const string EventKind = "event";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _waiting = [];
    private LinkClient? _link;

    public void Attach(LinkClient link)
    {
        lock (_gate)
        {
            _link = link;
            foreach (var (key, value) in _waiting)
            {
                link.SetReported(key, value);
            }

            _waiting.Clear();
        }
    }

    /// <summary>
    /// A pod's status, or null when nothing of the pod is left to report. A passing one waits a moment for the next.
    /// </summary>
    public void Pod(string uid, PodReport? report, bool isPassing = false)
    {
        var key = $"pods/{uid}";
        if (report is null)
        {
            Remove(key);
        }
        else
        {
            Set(key, JsonSerializer.SerializeToUtf8Bytes(report, ModelJson.Default.PodReport), isPassing);
        }
    }

    public void Node(NodeReport report) =>
        Set("node", JsonSerializer.SerializeToUtf8Bytes(report, ModelJson.Default.NodeReport));

    public void Budgets(NodeBudgets spent) =>
        Set("budgets", JsonSerializer.SerializeToUtf8Bytes(spent, ModelJson.Default.NodeBudgets));

    public void Gpus(GpuInventory gpus) => Set(GpuInventory.ReportKey, GpuJson.Bytes(gpus));

    /// <summary>Events may be lost: without a link they are not kept.</summary>
    public void Event(Event said)
    {
        lock (_gate)
        {
            _link?.Lane(EventKind, JsonSerializer.SerializeToUtf8Bytes(said, ModelJson.Default.Event));
        }
    }

    private void Set(string key, byte[] value, bool isPassing = false)
    {
        lock (_gate)
        {
            if (_link is { } link)
            {
                link.SetReported(key, value, isPassing);
            }
            else
            {
                _waiting[key] = value;
            }
        }
    }

    private void Remove(string key)
    {
        lock (_gate)
        {
            _waiting.Remove(key);
            _link?.RemoveReported(key);
        }
    }
}
