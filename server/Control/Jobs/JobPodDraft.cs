using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Server.Admission;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Control.Jobs;

/// <summary>The pods that a Job makes, before they have names. Pure.</summary>
internal static class JobPodDraft
{
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    /// <summary>A generated name is at most a label.</summary>
    private const int PrefixMax = 63 - NameSuffix.Length;

    /// <summary>Equal pods are one draft, so that they are completed once.</summary>
    public static IReadOnlyList<JsonObject> All(JobState state, IReadOnlyList<NewPod> pods)
    {
        if (pods.Count == 0)
        {
            return [];
        }

        var template = JobFinalizer.Add(
            PodWriter.Draft(Resources.Jobs, state.Job.Metadata, state.Spec.Template));
        template["metadata"]!["generateName"] = state.Job.Metadata.Name + "-";
        return [.. pods.Select(pod => pod.Index is { } index ? Indexed(state, template, index, pod) : template)];
    }

    private static JsonObject Indexed(JobState state, JsonObject template, int index, NewPod pod)
    {
        var draft = template.DeepClone().AsObject();
        var (metadata, spec) = (draft["metadata"]!.AsObject(), draft["spec"]!.AsObject());
        var text = Text(index);
        var ending = $"-{text}-";
        var name = state.Job.Metadata.Name!;
        metadata["generateName"] = name[..Math.Min(name.Length, PrefixMax - ending.Length)] + ending;
        metadata.Ensure("labels")[JobState.IndexAnnotation] = text;
        var annotations = metadata.Ensure("annotations");
        annotations[JobState.IndexAnnotation] = text;
        if (state.Spec.BackoffLimitPerIndex is not null)
        {
            CountFailures(state, annotations, pod.Replaces);
        }

        spec["hostname"] = $"{name}-{text}";
        foreach (var list in new[] { "initContainers", "containers" })
        {
            foreach (var container in (spec[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                TellIndex(container);
            }
        }

        return draft;
    }

    private static void CountFailures(JobState state, JsonObject annotations, PodView? replaced)
    {
        var (failures, ignored) = (0, 0);
        if (replaced is not null)
        {
            failures = JobState.Number(replaced, JobState.FailuresAnnotation, 0);
            ignored = JobState.Number(replaced, JobState.IgnoredAnnotation, 0);
            var verdict = FailurePolicy.Judge(
                state.Spec.PodFailurePolicy, state.Whole.GetValueOrDefault(replaced.Uid));
            _ = verdict.Counts ? failures++ : ignored++;
        }

        annotations[JobState.FailuresAnnotation] = Text(failures);
        if (ignored > 0)
        {
            annotations[JobState.IgnoredAnnotation] = Text(ignored);
        }
    }

    private static void TellIndex(JsonObject container)
    {
        if (container["env"] is not JsonArray env)
        {
            container["env"] = env = [];
        }

        if (!env.Any(variable => variable?["name"]?.ToString() == IndexVariable))
        {
            env.Add((JsonNode)new JsonObject
            {
                ["name"] = IndexVariable,
                ["valueFrom"] = new JsonObject
                {
                    ["fieldRef"] = new JsonObject { ["fieldPath"] = $"metadata.labels['{JobState.IndexAnnotation}']" },
                },
            });
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
