namespace Edge.Agent.Reconcile.Environment;

/// <summary>An object or key that a pod refers to is not there; the message is Kubernetes' own.</summary>
internal sealed class MissingReferenceException(string message) : Exception(message)
{
    public static MissingReferenceException ConfigMap(string name) => new($"configmap \"{name}\" not found");

    public static MissingReferenceException Secret(string name) => new($"secret \"{name}\" not found");
}
