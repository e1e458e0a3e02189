using System.Text;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Environment;

/// <summary>
/// A container's variables, every reference resolved: <c>envFrom</c> first, then <c>env</c>, the later of one name
/// wins.
/// Pure; throws <see cref="MissingReferenceException"/> with the kubelet's words.
/// </summary>
internal static class EnvironmentPlan
{
    public static IReadOnlyList<EnvEntry> For(
        Pod pod, Container container, ObjectSource objects, NodeFacts node, string? podIp)
    {
        var entries = new OrderedDictionary<string, EnvEntry>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom ?? [])
        {
            foreach (var (key, value) in All(pod.Metadata.Namespace ?? "default", source, objects))
            {
                var name = source.Prefix + key;
                entries[name] = new EnvEntry(name, value, Expand: false);
            }
        }

        foreach (var variable in container.Env ?? [])
        {
            if (Value(pod, container, objects, node, podIp, variable) is { } entry)
            {
                // A later variable may refer to all before it, so it takes its own place in the order.
                entries.Remove(variable.Name);
                entries[variable.Name] = entry;
            }
        }

        return entries.Values.ToList();
    }

    private static EnvEntry? Value(
        Pod pod, Container container, ObjectSource objects, NodeFacts node, string? podIp, EnvVar variable)
    {
        var ns = pod.Metadata.Namespace ?? "default";
        var text = variable.ValueFrom switch
        {
            null => variable.Value ?? "",
            { FieldRef: { } field } => FieldPaths.Field(pod, node, podIp, field.FieldPath),
            { ResourceFieldRef: { } resource } => FieldPaths.Resource(pod, container, node, resource),
            { ConfigMapKeyRef: { } key } => FromConfigMap(ns, key, objects),
            { SecretKeyRef: { } key } => FromSecret(ns, key, objects),
            _ => "",
        };
        return text is null ? null : new EnvEntry(variable.Name, text, Expand: variable.ValueFrom is null);
    }

    private static string? FromConfigMap(string ns, KeySelector selector, ObjectSource objects)
    {
        var map = objects.ConfigMap(ns, selector.Name);
        if (map?.Data?.GetValueOrDefault(selector.Key) is { } value)
        {
            return value;
        }

        return selector.Optional == true ? null : throw (map is null
            ? MissingReferenceException.ConfigMap(selector.Name)
            : new MissingReferenceException($"couldn't find key {selector.Key} in ConfigMap {ns}/{selector.Name}"));
    }

    private static string? FromSecret(string ns, KeySelector selector, ObjectSource objects)
    {
        var secret = objects.Secret(ns, selector.Name);
        if (secret?.Data?.GetValueOrDefault(selector.Key) is { } value)
        {
            return Encoding.UTF8.GetString(value);
        }

        return selector.Optional == true ? null : throw (secret is null
            ? MissingReferenceException.Secret(selector.Name)
            : new MissingReferenceException($"couldn't find key {selector.Key} in Secret {ns}/{selector.Name}"));
    }

    private static SortedDictionary<string, string> All(string ns, EnvFromSource source, ObjectSource objects)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (source.ConfigMapRef is { } map)
        {
            var data = objects.ConfigMap(ns, map.Name) is { } found ? found.Data
                : map.Optional == true ? null : throw MissingReferenceException.ConfigMap(map.Name);
            foreach (var name in data?.Keys.Where(IsVariable) ?? [])
            {
                all[name] = data![name];
            }
        }
        else if (source.SecretRef is { } secret)
        {
            var data = objects.Secret(ns, secret.Name) is { } found ? found.Data
                : secret.Optional == true ? null : throw MissingReferenceException.Secret(secret.Name);
            foreach (var name in data?.Keys.Where(IsVariable) ?? [])
            {
                all[name] = Encoding.UTF8.GetString(data![name]);
            }
        }

        return all;
    }

    /// <summary>Keys that cannot be a variable's name are left out, as the kubelet does.</summary>
    private static bool IsVariable(string key) => key.Length > 0 && !key.Contains('=', StringComparison.Ordinal);
}
