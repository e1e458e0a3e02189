namespace Edge.Agent.Reconcile.Volumes;

/// <summary>A volume cannot be made ready on this node; the message is the kubelet's.</summary>
internal sealed class VolumeException(string message) : Exception(message);
