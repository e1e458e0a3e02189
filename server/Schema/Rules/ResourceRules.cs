using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>Requests and limits: known names, whole devices, and never more asked for than allowed.</summary>
internal static class ResourceRules
{
    private static readonly string[] _standard = ["cpu", "memory", "ephemeral-storage"];

    public static void Check(JsonObject? resources, string path, FieldErrors errors)
    {
        var limits = resources.Object("limits");
        Amounts(limits, $"{path}.limits", errors);
        Amounts(resources.Object("requests"), $"{path}.requests", errors);
        foreach (var (name, value) in resources.Object("requests") ?? [])
        {
            var limit = limits?[name];
            if (limit is null && !ResourceNames.MayBeOvercommitted(name))
            {
                errors.Required($"{path}.limits", "Limit must be set for non overcommitable resources");
                continue;
            }

            if (!Quantity.TryParse(JsonTree.AsText(value), out var asked)
                || !Quantity.TryParse(JsonTree.AsText(limit), out var allowed))
            {
                continue;
            }

            if (!ResourceNames.MayBeOvercommitted(name) && asked != allowed)
            {
                errors.Invalid($"{path}.requests", value, $"must be equal to {name} limit of {allowed}");
            }
            else if (asked > allowed)
            {
                errors.Invalid($"{path}.requests", value, $"must be less than or equal to {name} limit of {allowed}");
            }
        }
    }

    private static void Amounts(JsonObject? amounts, string path, FieldErrors errors)
    {
        foreach (var (name, value) in amounts ?? [])
        {
            var inner = $"{path}[{name}]";
            errors.InvalidAll(inner, name, Names.Qualified(name));
            var known = _standard.Contains(name) || name.StartsWith("hugepages-", StringComparison.Ordinal);
            if (!known && !name.Contains('/', StringComparison.Ordinal))
            {
                errors.Invalid(inner, name, "must be a standard resource type or fully qualified");
                errors.Invalid(inner, name, "must be a standard resource for containers");
            }

            if (ResourceNames.IsExtended(name) && Quantity.TryParse(JsonTree.AsText(value), out var amount)
                && !decimal.IsInteger(amount.Value))
            {
                errors.Invalid(inner, value, "must be an integer");
            }
        }
    }
}
