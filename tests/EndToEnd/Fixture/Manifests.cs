namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>Manifests that several tests use, as a person would write them.</summary>
public static class Manifests
{
    /// <summary>A pod that runs until it is told to stop, and then stops at once.</summary>
    public static string Idle(string name, string node = "") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
          labels:
            app: {name}
        spec:
          terminationGracePeriodSeconds: 1
          {(node.Length == 0 ? "" : $"nodeName: {node}")}
          containers:
            - name: main
              image: {TestImages.Reference(TestImages.Idle)}
        """;

    /// <summary>A pod whose only container runs one shell line.</summary>
    public static string Script(
        string name, string line, string restartPolicy = "Always", string node = "") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          restartPolicy: {restartPolicy}
          {(node.Length == 0 ? "" : $"nodeName: {node}")}
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: {TestImages.Reference(TestImages.Idle)}
              command: ["sh", "-c", {System.Text.Json.JsonSerializer.Serialize(line)}]
        """;

    /// <summary>A pod with another image.</summary>
    public static string WithImage(string name, string image) => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: {image}
        """;
}
