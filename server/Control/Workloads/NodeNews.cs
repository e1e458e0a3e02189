using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// Which nodes came, went, or changed in what somebody looks at; most changes of a node are only news of its health and
/// its images. Compares what each step itself says, so that every change is told, whatever the store holds meanwhile.
/// One for each source, fed by its one thread.
/// </summary>
/// <param name="viewOf">What is looked at.</param>
/// <param name="isSame">Two views of one node say the same.</param>
/// <param name="log">Told of nodes that cannot be read; they count as gone.</param>
internal sealed class NodeNews<TView>(Func<Node, TView> viewOf, Func<TView, TView, bool> isSame, ILogger log)
    where TView : class
{
    private static readonly string s_prefix = Resources.Nodes.Prefix();

    private Dictionary<string, TView> _seen = [];

    /// <summary>The names of the nodes that the step brought news of.</summary>
    public IReadOnlyList<string> Of(FollowStep step) => step switch
    {
        FollowStep.Listed all => Listed(all.Listing),
        FollowStep.Changed one => Changed(one.Change),
        _ => throw new InvalidOperationException($"unknown step {step}"),
    };

    private List<string> Listed(Listing listing)
    {
        var before = _seen;
        _seen = [];
        var news = new List<string>();
        foreach (var stored in listing.Items)
        {
            if (View(stored) is not { } view)
            {
                continue;
            }

            var name = NameOf(stored);
            _seen[name] = view;
            if (!before.Remove(name, out var old) || !isSame(old, view))
            {
                news.Add(name);
            }
        }

        return [.. news, .. before.Keys];
    }

    private IReadOnlyList<string> Changed(Change change)
    {
        var name = NameOf(change.Object);
        var view = change.Type == ChangeType.Delete ? null : View(change.Object);
        var known = _seen.Remove(name, out var old);
        if (view is null)
        {
            return known ? [name] : [];
        }

        _seen[name] = view;
        return known && isSame(old!, view) ? [] : [name];
    }

    private TView? View(StoredObject stored) =>
        Objects.TryRead(Resources.Nodes, stored, log) is { } node ? viewOf(node) : null;

    private static string NameOf(StoredObject stored) => stored.Key[s_prefix.Length..];
}
