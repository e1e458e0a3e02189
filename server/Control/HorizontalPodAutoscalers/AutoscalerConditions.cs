using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>The conditions of an autoscaler, each in its place (autoscaling/v2). For one thread only.</summary>
internal sealed class AutoscalerConditions(IReadOnlyList<Condition>? before, DateTimeOffset now)
{
    public const string AbleToScale = "AbleToScale";
    public const string ScalingActive = "ScalingActive";
    public const string ScalingLimited = "ScalingLimited";

    private readonly List<Condition> _all = [.. before ?? []];

    public IReadOnlyList<Condition> All => _all;

    /// <summary>The time of transition moves only with the status.</summary>
    public void Set(string type, bool status, string reason, string message)
    {
        var at = _all.FindIndex(condition => condition.Type == type);
        var old = at < 0 ? null : _all[at];
        var wanted = new Condition
        {
            Type = type, Status = status ? "True" : "False", Reason = reason, Message = message,
        };
        wanted = wanted with
        {
            LastTransitionTime = old?.Status == wanted.Status ? old.LastTransitionTime : now,
        };
        if (at < 0)
        {
            _all.Add(wanted);
        }
        else
        {
            _all[at] = wanted;
        }
    }
}
