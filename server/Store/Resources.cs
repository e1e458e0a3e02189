using Edge.Proto.Model;

namespace Edge.Server.Store;

/// <summary>The stored resources that our own code reads and writes.</summary>
internal static class Resources
{
    public static readonly ResourceKind<Pod> Pods = Core("Pod", "pods", true, ModelJson.Default.Pod);

    public static readonly ResourceKind<Node> Nodes = Core("Node", "nodes", false, WorkloadJson.Default.Node);

    public static readonly ResourceKind<Namespace> Namespaces =
        Core("Namespace", "namespaces", false, WorkloadJson.Default.Namespace);

    public static readonly ResourceKind<ConfigMap> ConfigMaps =
        Core("ConfigMap", "configmaps", true, ModelJson.Default.ConfigMap);

    public static readonly ResourceKind<Secret> Secrets = Core("Secret", "secrets", true, ModelJson.Default.Secret);

    public static readonly ResourceKind<ServiceAccount> ServiceAccounts =
        Core("ServiceAccount", "serviceaccounts", true, WorkloadJson.Default.ServiceAccount);

    public static readonly ResourceKind<Event> Events = Core("Event", "events", true, ModelJson.Default.Event);

    public static readonly ResourceKind<Lease> Leases =
        new("coordination.k8s.io", "v1", "Lease", "leases", true, WorkloadJson.Default.Lease);

    public static readonly ResourceKind<CertificateSigningRequest> CertificateSigningRequests =
        new("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false,
            ModelJson.Default.CertificateSigningRequest);

    public static readonly ResourceKind<PriorityClass> PriorityClasses =
        new("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false, WorkloadJson.Default.PriorityClass);

    public static readonly ResourceKind<Deployment> Deployments =
        Apps("Deployment", "deployments", WorkloadJson.Default.Deployment);

    public static readonly ResourceKind<ReplicaSet> ReplicaSets =
        Apps("ReplicaSet", "replicasets", WorkloadJson.Default.ReplicaSet);

    public static readonly ResourceKind<StatefulSet> StatefulSets =
        Apps("StatefulSet", "statefulsets", WorkloadJson.Default.StatefulSet);

    public static readonly ResourceKind<DaemonSet> DaemonSets =
        Apps("DaemonSet", "daemonsets", WorkloadJson.Default.DaemonSet);

    public static readonly ResourceKind<ControllerRevision> ControllerRevisions =
        Apps("ControllerRevision", "controllerrevisions", WorkloadJson.Default.ControllerRevision);

    public static readonly ResourceKind<Job> Jobs = new("batch", "v1", "Job", "jobs", true, WorkloadJson.Default.Job);

    public static readonly ResourceKind<CronJob> CronJobs =
        new("batch", "v1", "CronJob", "cronjobs", true, WorkloadJson.Default.CronJob);

    private static ResourceKind<T> Apps<T>(
        string kind, string resource, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        new("apps", "v1", kind, resource, true, json);
    public static readonly ResourceKind<PodDisruptionBudget> PodDisruptionBudgets =
        new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true,
            WorkloadJson.Default.PodDisruptionBudget);

    /// <summary>Kept as v2, whichever version it was written in.</summary>
    public static readonly ResourceKind<HorizontalPodAutoscaler> HorizontalPodAutoscalers =
        new("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true,
            WorkloadJson.Default.HorizontalPodAutoscaler);

    public static readonly ResourceKind<PersistentVolumeClaim> PersistentVolumeClaims =
        Core("PersistentVolumeClaim", "persistentvolumeclaims", true, WorkloadJson.Default.PersistentVolumeClaim);

    private static ResourceKind<T> Core<T>(
        string kind, string resource, bool namespaced, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        new("", "v1", kind, resource, namespaced, json);
}
