using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>How the kinds of apps/v1 replace their pods: known strategies, and bounds that let them move.</summary>
internal static class RolloutRules
{
    private const string PercentRule = "a valid percent string must be a numeric string followed by an ending '%' "
        + "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

    private static readonly string[] _deployment = ["Recreate", "RollingUpdate"];
    private static readonly string[] _daemonSet = ["RollingUpdate", "OnDelete"];

    public static void Deployment(JsonObject? strategy, FieldErrors errors)
    {
        const string path = "spec.strategy.rollingUpdate";
        var bounds = strategy.Object("rollingUpdate");
        switch (strategy.Text("type"))
        {
            case "Recreate" when bounds is not null:
                errors.Forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                var (missing, surge) = (bounds?["maxUnavailable"], bounds?["maxSurge"]);
                Bound(missing, $"{path}.maxUnavailable", errors);
                Bound(surge, $"{path}.maxSurge", errors);
                if (Amount(missing) == 0 && Amount(surge) == 0)
                {
                    errors.Invalid($"{path}.maxUnavailable", missing, "may not be 0 when `maxSurge` is 0");
                }

                AtMostAll(missing, $"{path}.maxUnavailable", errors);
                break;
            case not "Recreate":
                errors.NotSupportedInOrder("spec.strategy", strategy, _deployment);
                break;
        }
    }

    public static void DaemonSet(JsonObject? strategy, FieldErrors errors)
    {
        const string path = "spec.updateStrategy.rollingUpdate";
        switch (strategy.Text("type"))
        {
            case "OnDelete":
                break;
            case "RollingUpdate":
                var bounds = strategy.Object("rollingUpdate");
                var (missing, surge) = (bounds?["maxUnavailable"], bounds?["maxSurge"]);
                Bound(missing, $"{path}.maxUnavailable", errors);
                Bound(surge, $"{path}.maxSurge", errors);
                AtMostAll(missing, $"{path}.maxUnavailable", errors);
                AtMostAll(surge, $"{path}.maxSurge", errors);
                if (Amount(missing) != 0 && Amount(surge) != 0)
                {
                    errors.Invalid($"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero");
                }
                else if (Amount(missing) == 0 && Amount(surge) == 0)
                {
                    errors.Required($"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0");
                }

                break;
            default:
                errors.NotSupportedInOrder("spec.updateStrategy", strategy, _daemonSet);
                break;
        }
    }

    public static void StatefulSet(JsonObject? strategy, FieldErrors errors)
    {
        const string path = "spec.updateStrategy.rollingUpdate";
        var bounds = strategy.Object("rollingUpdate");
        var missing = bounds?["maxUnavailable"];
        switch (strategy.Text("type"))
        {
            case "OnDelete" when bounds is not null:
                errors.Invalid(path, bounds, "only allowed for updateStrategy 'RollingUpdate'");
                break;
            case "RollingUpdate" when missing is not null:
                Bound(missing, $"{path}.maxUnavailable", errors);
                if (Amount(missing) == 0)
                {
                    errors.Invalid($"{path}.maxUnavailable", missing, "cannot be 0");
                }

                AtMostAll(missing, $"{path}.maxUnavailable", errors);
                break;
            case not ("OnDelete" or "RollingUpdate"):
                errors.Invalid("spec.updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    /// <summary>A number that is not negative, or a percentage; absent is fine.</summary>
    public static void Bound(JsonNode? value, string path, FieldErrors errors)
    {
        if (JsonTree.AsText(value) is { } text)
        {
            if (Percent(text) is null)
            {
                errors.Invalid(path, value, PercentRule);
            }
        }
        else if (JsonTree.AsLong(value) < 0)
        {
            errors.Invalid(path, value, "must be greater than or equal to 0");
        }
    }

    public static void AtMostAll(JsonNode? value, string path, FieldErrors errors)
    {
        if (JsonTree.AsText(value) is { } text && Percent(text) > 100)
        {
            errors.Invalid(path, value, "must not be greater than 100%");
        }
    }

    /// <summary>The number, or that of a percentage; 0 for what is neither, as upstream.</summary>
    private static long Amount(JsonNode? value) =>
        (JsonTree.AsText(value) is { } text ? Percent(text) : JsonTree.AsLong(value)) ?? 0;

    private static long? Percent(string text) =>
        text.EndsWith('%') && long.TryParse(text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out
            var percent) ? percent : null;
}
