using Edge.Proto.Model;

namespace Edge.Server.Store;

/// <summary>The stored resources that our own code reads and writes.</summary>
internal static class Resources
{
    public static readonly ResourceKind<Pod> Pods = Core("Pod", "pods", true, ModelJson.Default.Pod);

    public static readonly ResourceKind<Node> Nodes = Core("Node", "nodes", false, ModelJson.Default.Node);

    public static readonly ResourceKind<Namespace> Namespaces =
        Core("Namespace", "namespaces", false, ModelJson.Default.Namespace);

    public static readonly ResourceKind<ConfigMap> ConfigMaps =
        Core("ConfigMap", "configmaps", true, ModelJson.Default.ConfigMap);

    public static readonly ResourceKind<Secret> Secrets = Core("Secret", "secrets", true, ModelJson.Default.Secret);

    public static readonly ResourceKind<ServiceAccount> ServiceAccounts =
        Core("ServiceAccount", "serviceaccounts", true, ModelJson.Default.ServiceAccount);

    public static readonly ResourceKind<Event> Events = Core("Event", "events", true, ModelJson.Default.Event);

    public static readonly ResourceKind<Lease> Leases =
        new("coordination.k8s.io", "v1", "Lease", "leases", true, ModelJson.Default.Lease);

    public static readonly ResourceKind<CertificateSigningRequest> CertificateSigningRequests =
        new("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false,
            ModelJson.Default.CertificateSigningRequest);

    public static readonly ResourceKind<PriorityClass> PriorityClasses =
        new("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false, ModelJson.Default.PriorityClass);

    private static ResourceKind<T> Core<T>(
        string kind, string resource, bool namespaced, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        new("", "v1", kind, resource, namespaced, json);
}
