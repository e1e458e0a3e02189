using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Lease: a holder is named or absent, never empty.</summary>
internal static class LeaseRules
{
    public static void Check(JsonObject lease, FieldErrors errors)
    {
        if (lease.Object("spec")?["holderIdentity"] is { } holder && JsonTree.AsText(holder) is "")
        {
            errors.Invalid("spec.holderIdentity", holder, "must not be empty");
        }
    }
}
