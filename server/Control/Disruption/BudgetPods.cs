using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Disruption;

/// <summary>
/// The pods of namespaces that have a budget, as far as budgets concern them: an event looks at one pod and the budgets
/// of one namespace. A namespace without a budget costs nothing.
/// Thread-safe.
/// </summary>
internal sealed class BudgetPods(Objects objects, ILogger log)
{
    private static readonly Dictionary<string, string> NoLabels = [];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Scope> _scopes = [];

    /// <summary>Takes in a budget of the watch; its key.</summary>
    public IEnumerable<string> OfBudget(StoredObject stored)
    {
        var key = stored.Key[Resources.PodDisruptionBudgets.Prefix().Length..];
        var (ns, name) = ControllerKey.Split(key);
        var budget = objects.Store.Get(stored.Key) is null
            ? null
            : Objects.TryRead(Resources.PodDisruptionBudgets, stored, log);
        lock (_gate)
        {
            if (budget is not null)
            {
                (_scopes.TryGetValue(ns, out var scope) ? scope : _scopes[ns] = Begin(ns))
                    .Selectors[name] = budget.Spec.Selector;
            }
            else if (_scopes.TryGetValue(ns, out var left) && left.Selectors.Remove(name) && left.Selectors.Count == 0)
            {
                _scopes.Remove(ns);
            }
        }

        return [key];
    }

    /// <summary>Takes in a pod of the watch; the budgets that select it, or did.</summary>
    public IEnumerable<string> OfPod(StoredObject stored)
    {
        var (ns, name) = ControllerKey.Split(stored.Key[Resources.Pods.Prefix().Length..]);
        lock (_gate)
        {
            if (!_scopes.TryGetValue(ns, out var scope))
            {
                return [];
            }

            var before = scope.Pods.GetValueOrDefault(name);
            var now = Read(objects.Store.Get(stored.Key));
            if (now is null)
            {
                scope.Pods.Remove(name);
            }
            else
            {
                scope.Pods[name] = now;
            }

            return Same(before, now) ? [] : [.. scope.Selectors
                .Where(pair => Selects(pair.Value, before) || Selects(pair.Value, now))
                .Select(pair => $"{ns}/{pair.Key}")];
        }
    }

    /// <summary>The budgets of the node's pods.</summary>
    public IEnumerable<string> OnNode(string name)
    {
        lock (_gate)
        {
            return [.. _scopes.SelectMany(scope => scope.Value.Selectors
                .Where(pair => scope.Value.Pods.Values.Any(pod => pod.Node == name && Selects(pair.Value, pod)))
                .Select(pair => $"{scope.Key}/{pair.Key}"))];
        }
    }

    /// <summary>Pods that are gone and of which no event told leave; all budgets are looked at.</summary>
    public IEnumerable<string> Relisted()
    {
        lock (_gate)
        {
            foreach (var (ns, scope) in _scopes)
            {
                scope.Pods.Clear();
                foreach (var (name, pod) in Begin(ns).Pods)
                {
                    scope.Pods[name] = pod;
                }
            }

            return [.. _scopes.SelectMany(scope => scope.Value.Selectors.Keys.Select(name => $"{scope.Key}/{name}"))];
        }
    }

    public IReadOnlyList<BudgetPod> Selected(string ns, LabelSelector? selector)
    {
        lock (_gate)
        {
            return _scopes.TryGetValue(ns, out var scope)
                ? [.. scope.Pods.Values.Where(pod => Selects(selector, pod))]
                : [];
        }
    }

    private static bool Selects(LabelSelector? selector, BudgetPod? pod) =>
        selector is not null && pod is not null && selector.Matches(pod.Labels);

    private static bool Same(BudgetPod? left, BudgetPod? right)
    {
        if (left is null || right is null || left with { Labels = null } != right with { Labels = null })
        {
            return left is null && right is null;
        }

        var (before, now) = (left.Labels ?? NoLabels, right.Labels ?? NoLabels);
        return before.Count == now.Count && before.All(label => now.GetValueOrDefault(label.Key) == label.Value);
    }

    private Scope Begin(string ns)
    {
        var scope = new Scope();
        foreach (var stored in objects.Store.Current.Range(Resources.Pods.Prefix(ns)))
        {
            if (Read(stored) is { } pod)
            {
                scope.Pods[pod.Name] = pod;
            }
        }

        return scope;
    }

    private BudgetPod? Read(StoredObject? stored)
    {
        if (stored is not { } found || Objects.TryRead(Resources.Pods, found, log) is not { } pod)
        {
            return null;
        }

        var ready = pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status == "True";
        return new BudgetPod(
            pod.Metadata.Name ?? "", pod.Metadata.Labels, pod.Spec.NodeName, ready,
            pod.Metadata.DeletionTimestamp is not null,
            pod.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true));
    }

    private sealed class Scope
    {
        public Dictionary<string, LabelSelector?> Selectors { get; } = [];

        public Dictionary<string, BudgetPod> Pods { get; } = [];
    }
}
