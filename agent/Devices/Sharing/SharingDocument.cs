namespace Edge.Agent.Devices.Sharing;

/// <summary>
/// What a configuration document of NVIDIA's device plugin says of how GPUs are given; <see cref="SharingReader"/>
/// reads it.
/// </summary>
internal sealed record SharingDocument
{
    /// <summary>Nothing is shared, and nothing is said of partitioned GPUs.</summary>
    public static SharingDocument Empty { get; } = new();

    /// <summary><c>none</c>, <c>single</c> or <c>mixed</c>; null when it does not say.</summary>
    public string? MigStrategy { get; init; }

    /// <summary>A container that asks for more than one share is not placed.</summary>
    public bool FailRequestsGreaterThanOne { get; init; }

    /// <summary>The first that means a device counts.</summary>
    public IReadOnlyList<SharedResource> Resources { get; init; } = [];

    /// <summary>Fields that change nothing here, for who wrote them.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];
}

/// <summary>A resource whose devices are given several times, in turns.</summary>
/// <param name="Name">As it is without sharing, such as <c>nvidia.com/gpu</c>.</param>
/// <param name="Rename">What pods ask for instead; null for the same.</param>
/// <param name="Replicas">How many may have a device at once; at least 1.</param>
internal sealed record SharedResource(string Name, string? Rename, int Replicas)
{
    /// <summary>The first so many of the resource's devices; null for all, or those of <see cref="Devices"/>.</summary>
    public int? Count { get; init; }

    /// <summary>
    /// UUIDs, indices (<c>0</c>) and indices of parts (<c>0:1</c>); null for all, or the first few.
    /// </summary>
    public IReadOnlyList<string>? Devices { get; init; }
}
