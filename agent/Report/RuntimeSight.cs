using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Report;

/// <summary>The runtime as a node shows it: <c>containerd://1.7.2</c>, and the images it holds.</summary>
internal sealed record RuntimeSight(string Version, IReadOnlyList<ContainerImage> Images)
{
    /// <summary>Kubernetes' default for <c>nodeStatusMaxImages</c>.</summary>
    private const int ImagesMax = 50;

    /// <summary>
    /// The runtime with its images, largest first, every name of one digest together; null while nobody answers.
    /// </summary>
    public static async Task<RuntimeSight?> Read(ContainerdRuntime runtime, CancellationToken cancellation)
    {
        try
        {
            var facts = await runtime.Facts(cancellation);
            var images = await runtime.ListImages(cancellation);
            return new RuntimeSight(
                $"containerd://{facts.ContainerdVersion.TrimStart('v')}",
                images.GroupBy(image => image.Digest).Select(same => new ContainerImage
                {
                    Names = same.Select(image => image.RepoDigest).Concat(same.Select(image => image.Name)).Distinct()
                        .Order(StringComparer.Ordinal).ToList(),
                    SizeBytes = same.First().SizeBytes,
                }).OrderByDescending(image => image.SizeBytes)
                    .ThenBy(image => image.Names![0], StringComparer.Ordinal).Take(ImagesMax).ToList());
        }
        catch (RuntimeException)
        {
            return null;
        }
    }
}
