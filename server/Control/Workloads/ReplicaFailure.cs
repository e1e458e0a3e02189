using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>The condition ReplicaFailure of ReplicaSets: pods could not be made (apps/v1). Pure.</summary>
internal static class ReplicaFailure
{
    public const string Type = "ReplicaFailure";

    /// <summary>The conditions with the failure, or without it where <paramref name="message"/> is null.</summary>
    public static IReadOnlyList<Condition>? Apply(
        IReadOnlyList<Condition>? conditions, string reason, string? message, DateTimeOffset now)
    {
        var old = (conditions ?? []).FirstOrDefault(condition => condition.Type == Type);
        if (message is null ? old is null : old?.Reason == reason && old.Message == message)
        {
            return conditions;
        }

        var rest = (conditions ?? []).Where(condition => condition.Type != Type).ToList();
        if (message is not null)
        {
            rest.Add(new Condition
            {
                Type = Type, Status = "True", Reason = reason, Message = message, LastTransitionTime = now,
            });
        }

        return rest.Count == 0 ? null : rest;
    }
}
