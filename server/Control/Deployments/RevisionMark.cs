using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Control.Deployments;

/// <summary>
/// The annotations by which the sets of a Deployment keep its history: revision, earlier revisions, and what the
/// Deployment itself is annotated with (the change cause among it). Pure; trees in place.
/// </summary>
internal static class RevisionMark
{
    private const string HistoryAnnotation = "deployment.kubernetes.io/revision-history";

    /// <summary>Earlier revisions that are remembered, characters; upstream's limit.</summary>
    private const int HistoryMax = 2000;

    /// <summary>What is the Deployment's own affair, as upstream.</summary>
    private static readonly string[] s_kept =
    [
        "kubectl.kubernetes.io/last-applied-configuration", RevisionSet.RevisionAnnotation, HistoryAnnotation,
        RevisionSet.DesiredAnnotation, RevisionSet.MaxAnnotation, "deprecated.deployment.rollback.to",
    ];

    public static bool IsDue(DeploymentState state, RevisionSet fresh)
    {
        var (deployment, set) = (state.Deployment, fresh.Set);
        var revision = Math.Max(fresh.Revision, state.NextRevision);
        return revision != fresh.Revision
            || deployment.Metadata.Annotations?.GetValueOrDefault(RevisionSet.RevisionAnnotation) != Text(revision)
            || (deployment.Spec.MinReadySeconds ?? 0) != (set.Spec.MinReadySeconds ?? 0)
            || Copied(deployment).Any(pair => set.Metadata.Annotations?.GetValueOrDefault(pair.Key) != pair.Value);
    }

    /// <summary>Marks a stored set, or one that is being made.</summary>
    public static void Put(JsonObject set, Deployment deployment, long revision)
    {
        var metadata = set["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        foreach (var (name, value) in Copied(deployment))
        {
            annotations[name] = value;
        }

        if (annotations[RevisionSet.RevisionAnnotation]?.GetValue<string>() is { } old && old != Text(revision))
        {
            var history = annotations[HistoryAnnotation]?.GetValue<string>();
            var longer = string.IsNullOrEmpty(history) ? old : $"{history},{old}";
            annotations[HistoryAnnotation] =
                longer.Length <= HistoryMax ? longer : longer[(longer.IndexOf(',', StringComparison.Ordinal) + 1)..];
        }

        annotations[RevisionSet.RevisionAnnotation] = Text(revision);
    }

    /// <summary>Says on a set how large the whole was meant to be when it was scaled.</summary>
    public static void PutSizes(JsonObject set, DeploymentState state)
    {
        var metadata = set["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            metadata["annotations"] = annotations = [];
        }

        annotations[RevisionSet.DesiredAnnotation] = Text(state.Replicas);
        annotations[RevisionSet.MaxAnnotation] = Text(state.Replicas + state.MaxSurge);
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<KeyValuePair<string, string>> Copied(Deployment deployment) =>
        (deployment.Metadata.Annotations ?? new Dictionary<string, string>())
        .Where(pair => !s_kept.Contains(pair.Key));
}
