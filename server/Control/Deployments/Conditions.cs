using Edge.Proto.Model;

namespace Edge.Server.Control.Deployments;

/// <summary>Conditions with times of change (apps/v1 DeploymentCondition). Pure.</summary>
internal static class Conditions
{
    public static Condition? Find(IReadOnlyList<Condition> all, string type) =>
        all.FirstOrDefault(condition => condition.Type == type);

    /// <summary>
    /// The list with the condition; the same status and reason change nothing, the same status keeps its transition
    /// time. <paramref name="refresh"/> moves the time of update even then.
    /// </summary>
    public static IReadOnlyList<Condition> Set(
        IReadOnlyList<Condition> all, Condition wanted, DateTimeOffset now, bool refresh = false)
    {
        var old = Find(all, wanted.Type);
        if (old?.Status == wanted.Status && old.Reason == wanted.Reason && old.Message == wanted.Message && !refresh)
        {
            return all;
        }

        return
        [
            .. all.Where(condition => condition.Type != wanted.Type),
            wanted with
            {
                LastUpdateTime = now,
                LastTransitionTime = old?.Status == wanted.Status ? old.LastTransitionTime : now,
            },
        ];
    }

    public static IReadOnlyList<Condition> Without(IReadOnlyList<Condition> all, string type) =>
        Find(all, type) is null ? all : [.. all.Where(condition => condition.Type != type)];
}
