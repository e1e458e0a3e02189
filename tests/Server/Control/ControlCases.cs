using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.CronJobs;
using Edge.Server.Control.Deployments;
using Edge.Server.Control.HorizontalPodAutoscalers;
using Edge.Server.Control.Jobs;
using Edge.Server.Control.ReplicaSets;
using Edge.Tests.Server.Control.HorizontalPodAutoscalers;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control;

/// <summary>
/// Golden cases of the controllers: a cluster in, a plan out. With EDGE_WRITE_CASES=1 the answers are written instead
/// of compared, to be read before they are committed.
/// </summary>
public sealed class ControlCases
{
    private const int CasesMin = 20;

    /// <summary>Folder of tests/Cases → the plan of one case, as text.</summary>
    private static readonly Dictionary<string, Func<ControlCase, string>> s_controllers = new()
    {
        ["cronjobs"] = CronJob,
        ["daemonsets"] = SetPlans.DaemonSet,
        ["deployments"] = Deployment,
        ["horizontalpodautoscalers"] = Autoscaler,
        ["jobs"] = Job,
        ["replicasets"] = ReplicaSet,
        ["statefulsets"] = SetPlans.StatefulSet,
    };

    public static TheoryData<string> Cases() =>
    [
        .. s_controllers.Keys.SelectMany(controller => Directory.GetDirectories(Root(controller)))
            .Select(folder => Path.GetRelativePath(Root(""), folder)).Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Controllers() => [.. s_controllers.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_case_is_planned_as_its_file_says(string name)
    {
        var folder = Root(name);
        await using var loaded = await ControlCase.Load(folder);
        var answer = s_controllers[name.Split('/')[0]](loaded);
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), answer), answer);
    }

    [Theory]
    [MemberData(nameof(Controllers))]
    public void A_controller_has_its_cases(string controller) =>
        Assert.True(Directory.GetDirectories(Root(controller)).Length >= CasesMin);

    private static string ReplicaSet(ControlCase loaded)
    {
        var state = loaded.World.ReplicaSets.Read(loaded.Key);
        if (state is null)
        {
            return "nothing there\n";
        }

        var plan = ReplicaSetPlan.Of(state, loaded.World.Clock.GetUtcNow());
        var lines = new Lines();
        lines.Each("adopt", plan.Claims.Adopt.Select(pod => pod.Name));
        lines.Each("release", plan.Claims.Release.Select(pod => pod.Name));
        lines.Each("create pod", Enumerable.Repeat("", plan.Create));
        lines.Each("delete pod", plan.Delete.Select(pod => pod.Name));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.ReplicaSetStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }

    private static string Deployment(ControlCase loaded)
    {
        var now = loaded.World.Clock.GetUtcNow();
        if (loaded.World.Deployments.Read(loaded.Key, now) is not { } state)
        {
            return "nothing there\n";
        }

        var plan = DeploymentPlan.Of(state, now);
        var lines = new Lines();
        lines.Each("", plan.Steps.Select(step => step.ToString()));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.DeploymentStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }

    private static string Job(ControlCase loaded)
    {
        if (loaded.World.Jobs.Read(loaded.Key) is not { } state)
        {
            return "nothing there\n";
        }

        var plan = JobPlan.Of(state, loaded.World.Clock.GetUtcNow());
        var lines = new Lines();
        lines.Each("adopt", plan.Claims.Adopt.Select(pod => pod.Name));
        lines.Each("release", plan.Claims.Release.Select(pod => pod.Name));
        lines.Each("drop pod", plan.Scale.Drop.Select(pod => pod.Name));
        lines.Each("end pod", plan.End.Select(pod => pod.Name));
        lines.Each("create pod", JobPodDraft.All(state, plan.Scale.Create).Select(JobPod));
        lines.Each("count pod", plan.Count.Select(pod => pod.Name));
        lines.Each("event", plan.Events.Select(told => $"{told.Type} {told.Reason}: {told.Message}"));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.JobStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }

    private static string JobPod(JsonObject draft)
    {
        var annotations = draft["metadata"]!["annotations"]?.AsObject().Where(pair => pair.Key.StartsWith("batch."))
            .Select(pair => $" {pair.Key.Split('/')[1]}={pair.Value}");
        return draft["metadata"]!["generateName"] + string.Concat(annotations ?? []);
    }

    private static string CronJob(ControlCase loaded)
    {
        if (loaded.World.CronJobs.Read(loaded.Key) is not { } state)
        {
            return "nothing there\n";
        }

        var now = loaded.World.Clock.GetUtcNow();
        var plan = CronJobPlan.Of(state, now);
        var lines = new Lines();
        lines.Each("delete job", plan.Delete.Select(job => job.Metadata.Name!));
        if (plan.Run is { } due)
        {
            var job = JobDraft.Of(state, due, "uid-of-job", now, out var fault);
            lines.Each("create job", [job is null ? fault : $"{job["metadata"]!["name"]} for "
                + job["metadata"]!["annotations"]!["batch.kubernetes.io/cronjob-scheduled-timestamp"]]);
        }

        lines.Each("event", plan.Events.Select(told => $"{told.Type} {told.Reason}: {told.Message}"));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.CronJobStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }

    private static string Autoscaler(ControlCase loaded)
    {
        if (loaded.World.Autoscalers.Read(loaded.Key) is not { } state)
        {
            return "nothing there\n";
        }

        var given = new AutoscalerInput(loaded.Input, loaded.World.Clock.GetUtcNow());
        var plan = AutoscalerPlan.Of(
            state.NeedsUsage ? state.With([given.Usage(state.Pods)]) : state, given.Memory, given.Now);
        var lines = new Lines();
        lines.Each("scale to", plan.Rescale is { } replicas ? [$"{replicas}"] : []);
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.HorizontalPodAutoscalerStatus));
        lines.Each("tell", plan.Notes.Select(note => $"{note.Type} {note.Reason}: {note.Message}"));
        return lines.ToString();
    }

    private static string Root(string below) => Repository.Cases(below);

    /// <summary>A plan as text, one line a thing.</summary>
    internal sealed class Lines
    {
        private readonly StringBuilder _text = new();

        public void Each(string what, IEnumerable<string> names)
        {
            foreach (var name in names)
            {
                _text.Append($"{what} {name}".Trim()).Append('\n');
            }
        }

        /// <summary>One line a field, and one a condition.</summary>
        public void Status(string json)
        {
            foreach (var field in JsonDocument.Parse(json).RootElement.EnumerateObject())
            {
                if (field.Value.ValueKind != JsonValueKind.Array)
                {
                    _text.Append($"status {field.Name}: {field.Value}\n");
                    continue;
                }

                foreach (var item in field.Value.EnumerateArray())
                {
                    _text.Append($"status {field.Name}: {string.Join(", ", item.EnumerateObject())}\n");
                }
            }
        }

        public void Again(TimeSpan? wait)
        {
            if (wait is { } due)
            {
                _text.Append($"look again in {due.TotalSeconds} s\n");
            }
        }

        public override string ToString() => _text.ToString();
    }
}
