using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// All that placing a pod needs to know of it besides its name. Pods that are alike share one, so it is worked out once
/// for all replicas and costs nothing per pod. Compared by identity.
/// </summary>
internal sealed class PodDemand
{
    private PodDemand(SpecDemand spec, string ns, LabelSet labels, PodTerms terms) =>
        (Spec, Namespace, Labels, Terms) = (spec, ns, labels, terms);

    public SpecDemand Spec { get; }
    public string Namespace { get; }
    public LabelSet Labels { get; }
    public PodTerms Terms { get; }

    public ResourceAmounts Requests => Spec.Requests;
    public int Priority => Spec.Priority;

    public static PodDemand From(SpecDemand spec, string ns, LabelSet labels) =>
        new(spec, ns, labels, PodTerms.Of(spec.Source, ns, labels));

    public static PodDemand From(Pod pod) =>
        From(SpecDemand.From(pod.Spec), pod.Metadata.Namespace ?? "", LabelSet.From(pod.Metadata.Labels));
}
