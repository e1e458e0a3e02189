namespace Edge.Proto.Model;

/// <summary>The handlers of a RuntimeClass (node.k8s.io/v1) that nodes have a runtime for.</summary>
public static class RuntimeHandler
{
    /// <summary>The runtime that every node has.</summary>
    public const string Runc = "runc";

    /// <summary>
    /// The names that NVIDIA's operator gives its runtimes, and the classes it makes for them. They stand for the one
    /// runtime here, because devices are given by its specification (CDI) and not by a runtime of their own.
    /// </summary>
    public static bool IsNvidia(string name) => name is "nvidia" or "nvidia-cdi" or "nvidia-legacy";
}
