using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>What a LimitRange may say, and what it says by itself of containers (core/v1).</summary>
internal static class LimitRangeRules
{
    private static readonly string[] s_types = ["Pod", "Container", "PersistentVolumeClaim"];
    private static readonly string[] s_maps = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

    /// <summary>A container's limit is the most, its request the limit, or else the least.</summary>
    public static void Fill(JsonObject range)
    {
        foreach (var item in range.Object("spec").Objects("limits").Where(item => item.Text("type") == "Container"))
        {
            Take(item.Object("max"), item, "default");
            Take(item.Object("default"), item, "defaultRequest");
            Take(item.Object("min"), item, "defaultRequest");
        }
    }

    public static void Check(JsonObject range, FieldErrors errors)
    {
        var at = 0;
        var seen = new HashSet<string>();
        foreach (var item in range.Object("spec").Objects("limits"))
        {
            var (path, type) = ($"spec.limits[{at++}]", item.Text("type"));
            Type(type, seen, $"{path}.type", errors);
            NamesOf(item, type, path, errors);
            if (type == "PersistentVolumeClaim" && item.Object("min")?["storage"] is null
                && item.Object("max")?["storage"] is null)
            {
                errors.Required($"{path}.limits",
                    "either minimum or maximum storage value is required, but neither was provided");
            }

            foreach (var name in Resources(item))
            {
                new LimitRangeBounds(item, name, path, errors).Check();
            }
        }
    }

    private static SortedSet<string> Resources(JsonObject item)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var map in s_maps)
        {
            foreach (var (name, _) in item.Object(map) ?? [])
            {
                names.Add(name);
            }
        }

        return names;
    }

    private static void Take(JsonObject? from, JsonObject item, string map)
    {
        foreach (var (name, value) in from?.ToList() ?? [])
        {
            item.Ensure(map)[name] ??= value?.DeepClone();
        }
    }

    private static void Type(string type, HashSet<string> seen, string path, FieldErrors errors)
    {
        var before = errors.All.Count;
        errors.InvalidAll(path, type, Names.Qualified(type));
        if (errors.All.Count == before && !type.Contains('/', StringComparison.Ordinal) && !s_types.Contains(type))
        {
            errors.Invalid(path, type, "must be a standard limit type or fully qualified");
        }

        if (!seen.Add(type))
        {
            errors.Duplicate(path, type);
        }
    }

    private static void NamesOf(JsonObject item, string type, string path, FieldErrors errors)
    {
        foreach (var map in s_maps)
        {
            if (type == "Pod" && map.StartsWith("default", StringComparison.Ordinal))
            {
                if (item.Object(map) is { Count: > 0 })
                {
                    errors.Forbidden($"{path}.{map}", "may not be specified when `type` is 'Pod'");
                }

                continue;
            }

            foreach (var (name, _) in item.Object(map) ?? [])
            {
                var inner = $"{path}.{map}[{name}]";
                ResourceNames.Check(name, inner, errors);
                if (type == "Container" && !name.Contains('/', StringComparison.Ordinal)
                    && !ResourceNames.IsOfContainers(name))
                {
                    errors.Invalid(inner, name, "must be a standard resource for containers");
                }
            }
        }
    }

    /// <summary>The bounds of one resource in one entry, which must not contradict each other.</summary>
    private sealed class LimitRangeBounds(JsonObject item, string name, string path, FieldErrors errors)
    {
        public void Check()
        {
            var (min, max) = (Of("min"), Of("max"));
            var (limit, request) = (Of("default"), Of("defaultRequest"));
            var ratio = Of("maxLimitRequestRatio");
            Fault(min > max, "min", min, $"min value {min} is greater than max value {max}");
            Fault(request < min, "defaultRequest", request,
                $"min value {min} is greater than default request value {request}");
            Fault(request > max, "defaultRequest", request,
                $"default request value {request} is greater than max value {max}");
            Fault(request > limit, "defaultRequest", request,
                $"default request value {request} is greater than default limit value {limit}");
            Fault(limit < min, "default", min, $"min value {min} is greater than default value {limit}");
            Fault(limit > max, "default", max, $"default value {limit} is greater than max value {max}");
            Fault(ratio < Quantity.FromUnits(1), "maxLimitRequestRatio", ratio, $"ratio {ratio} is less than 1");
            if (ratio is { } times && min is { Value: > 0 } least && max is { } most
                && times.Value > most.Value / least.Value)
            {
                Fault(true, "maxLimitRequestRatio", ratio,
                    $"ratio {times} is greater than max/min = {most.Value / least.Value:F6}");
            }

            Fault(!ResourceNames.MayBeOvercommitted(name) && limit is not null && request is not null
                && limit != request, "defaultRequest", request,
                $"default value {limit} must equal to defaultRequest value {request} in {name}");
        }

        private void Fault(bool wrong, string map, Quantity? shown, string text)
        {
            if (wrong)
            {
                errors.Invalid($"{path}.{map}[{name}]", shown?.ToString(), text);
            }
        }

        private Quantity? Of(string map) =>
            Quantity.TryParse(JsonTree.AsText(item.Object(map)?[name]), out var amount) ? amount : null;
    }
}
