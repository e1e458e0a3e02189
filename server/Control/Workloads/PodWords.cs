namespace Edge.Server.Control.Workloads;

/// <summary>What Events say of a workload's pods; upstream's controllers differ in it.</summary>
/// <param name="Created">Of the pod and its owner.</param>
/// <param name="Deleted">Of the pod and its owner.</param>
/// <param name="Failed">Of the pod, its owner and why it could not be made.</param>
internal sealed record PodWords(
    Func<string, string, string> Created, Func<string, string, string> Deleted,
    Func<string, string, string, string> Failed)
{
    public static PodWords Usual { get; } = new(
        (pod, _) => $"Created pod: {pod}", (pod, _) => $"Deleted pod: {pod}", (_, _, why) => $"Error creating: {why}");

    public static PodWords StatefulSet { get; } = new(
        (pod, set) => $"create Pod {pod} in StatefulSet {set} successful",
        (pod, set) => $"delete Pod {pod} in StatefulSet {set} successful",
        (pod, set, why) => $"create Pod {pod} in StatefulSet {set} failed error: {why}");
}
