using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>What came of applying an object.</summary>
internal abstract record ApplyOutcome
{
    private ApplyOutcome()
    {
    }

    /// <summary>
    /// The object as it is to be stored once it has its defaults, in the spoken version, without managedFields.
    /// </summary>
    internal sealed record Applied(JsonObject Object, FieldOwners Owners) : ApplyOutcome;

    /// <summary>Others own what would change.</summary>
    internal sealed record Conflicted(IReadOnlyList<FieldConflict> Conflicts) : ApplyOutcome
    {
        /// <summary>The message of the 409.</summary>
        public string Message
        {
            get
            {
                if (Conflicts is [var only])
                {
                    return $"Apply failed with 1 conflict: conflict with {only.Owner}: {only.Path}";
                }

                var lines = Conflicts.GroupBy(conflict => conflict.Owner).SelectMany(owner =>
                    owner.Select(conflict => $"- {conflict.Path}").Prepend($"conflicts with {owner.Key}:"));
                return $"Apply failed with {Conflicts.Count} conflicts: {string.Join('\n', lines)}";
            }
        }
    }
}

/// <summary>One field that another owns: the owner as messages name it, and the path.</summary>
internal sealed record FieldConflict(string Owner, string Path);
