using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>What a claim on storage must say; of a claim that has no volume yet nothing can change.</summary>
internal static class ClaimRules
{
    private const string OncePod = "ReadWriteOncePod";

    private static readonly string[] s_modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", OncePod];

    public static void Check(JsonObject claim, JsonObject? old, FieldErrors errors)
    {
        var spec = claim.Object("spec") ?? [];
        Modes(spec, "spec", errors, needed: "at least 1 access mode is required");
        if (spec.Object("selector") is { } selector)
        {
            SelectorRules.Terms(selector, "spec.selector", errors);
        }

        var storage = spec.Object("resources").Object("requests")?["storage"];
        if (storage is null)
        {
            errors.Required("spec.resources[storage]");
        }
        else if (Quantity.TryParse(storage.ToString(), out var amount) && amount <= Quantity.Zero)
        {
            errors.Invalid("spec.resources[storage]", storage, "must be greater than zero");
        }

        if (spec.Text("storageClassName") is { Length: > 0 } kind)
        {
            errors.InvalidAll("spec.storageClassName", kind, Names.Subdomain(kind));
        }

        if (old.Object("spec") is { } before && Changed(spec, before) is { Count: > 0 } changed)
        {
            errors.Forbidden("spec", "spec is immutable after creation except resources.requests and "
                + "volumeAttributesClassName for bound claims\nchanged: "
                + string.Join(", ", changed.Select(name => $"spec.{name}")));
        }
    }

    /// <summary>The access modes of a claim or a volume; <c>needed</c> is what is said where there are none.</summary>
    public static void Modes(JsonObject spec, string at, FieldErrors errors, string needed)
    {
        var path = $"{at}.accessModes";
        var modes = spec.Items("accessModes").Select(mode => JsonTree.AsText(mode) ?? "").ToList();
        if (modes.Count == 0)
        {
            errors.Required(path, needed);
        }

        foreach (var mode in modes.Where(mode => !s_modes.Contains(mode)))
        {
            errors.NotSupported(path, mode, s_modes);
        }

        if (modes.Contains(OncePod) && modes.Exists(mode => mode != OncePod))
        {
            errors.Forbidden(path, $"may not use {OncePod} with other access modes");
        }
    }

    /// <summary>Whoever finds the volume names it, once.</summary>
    private static List<string> Changed(JsonObject spec, JsonObject before) =>
        [.. spec.Select(pair => pair.Key).Union(before.Select(pair => pair.Key))
            .Where(name => !(name == "volumeName" && before.Text(name).Length == 0)
                && !JsonTree.Same(spec[name], before[name]))
            .Order(StringComparer.Ordinal)];
}
