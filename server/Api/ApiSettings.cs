using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Server.Access;
using Edge.Server.Admission;
using Edge.Server.Api.Metrics;
using Edge.Server.Fleet;

namespace Edge.Server.Api;

/// <summary>What the API server needs to listen and to know its callers.</summary>
/// <param name="Listen">Addresses to listen on; port 0 takes a free one.</param>
/// <param name="Serving">The serving certificate with its private key.</param>
/// <param name="ApiCa">Signs users: CN is the name, every O a group.</param>
/// <param name="NodeCa">Signs agents: CN=system:node:NAME, O=system:nodes.</param>
internal sealed record ApiSettings(
    IReadOnlyList<IPEndPoint> Listen, X509Certificate2 Serving, X509Certificate2 ApiCa, X509Certificate2 NodeCa)
{
    /// <summary>The minor that /version shows; kubectl picks features by it.</summary>
    public int VersionMinor { get; init; } = 33;

    /// <summary>The nodes and keys that are denied: a certificate of theirs is good and means nobody.</summary>
    public Func<DeniedNodes> Denied { get; init; } = () => DeniedNodes.None;

    /// <summary>Signs the tokens of service accounts (ECDSA P-256).</summary>
    public required ECDsa TokenKey { get; init; }

    /// <summary>Where clients find this server, without a slash at the end.</summary>
    public required string Url { get; init; }

    /// <summary>Where a backup lies while it is made; on the disk of the database.</summary>
    public required string BackupFile { get; init; }

    /// <summary>What nodes use, for metrics.k8s.io.</summary>
    public NodeUsages Usages { get; init; } = NodeUsages.None;

    /// <summary>The way into pods, for exec, attach and port-forward.</summary>
    public StreamRelay Streams { get; init; } = StreamRelay.None;

    /// <summary>What new pods tolerate when they do not say.</summary>
    public DefaultTolerations Tolerations { get; init; } = DefaultTolerations.None;
}
