using System.Net;

namespace Edge.Agent.Runtime.Images;

/// <summary>What a registry refused or failed to do; the message is containerd's for the same case.</summary>
internal sealed class RegistryException(string message, HttpStatusCode? status = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Null when there was no answer at all.</summary>
    public HttpStatusCode? Status { get; } = status;
}
