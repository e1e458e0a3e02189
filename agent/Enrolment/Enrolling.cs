using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Agent.Settings;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Turns a bootstrap token into a node certificate, by the kubelet's rules for the request. Trouble on the way is tried
/// again for ever; a refusal ends it at once.
/// </summary>
internal sealed class Enrolling(
    AgentSettings settings, NodeIdentity identity, TimeProvider clock, Random random, ILogger logger)
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(1);

    /// <summary>A site whose link comes back is enrolled within this time.</summary>
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <exception cref="EnrolmentException">Refused for good.</exception>
    public async Task Run(CancellationToken cancellation)
    {
        var failures = 0;
        while (!identity.IsEnrolled)
        {
            try
            {
                await Try(cancellation);
                EnrolmentLog.Enrolled(logger, settings.NodeName, identity.ClusterUid);
            }
            catch (EnrolmentException passing) when (passing.Reason == EnrolmentReason.Unreachable)
            {
                var wait = Backoff(failures++);
                EnrolmentLog.TriesAgain(logger, wait.TotalSeconds, passing.Message);
                await Task.Delay(wait, clock, cancellation);
            }
        }
    }

    private async Task Try(CancellationToken cancellation)
    {
        var authorities = new X509Certificate2Collection();
        if (settings.CaFile is { } file)
        {
            authorities.ImportFromPemFile(file);
        }
        else if (await PinnedAuthority.Fetch(settings.Server!, settings.CaCertHash!, cancellation) is { } pinned)
        {
            authorities.Add(pinned);
        }

        var token = settings.Token ?? (await File.ReadAllTextAsync(settings.TokenFile!, cancellation)).Trim();
        using var key = identity.Key();
        using var api = new EnrolmentApi(settings.Server!, token, new ServerTrust(settings.CaCertHash, authorities));
        var cluster = await api.Cluster(cancellation);
        var request = RequestFor(key);
        await api.Ask(request, cancellation);
        var certificate = await Await(api, request.Metadata.Name!, cancellation);
        var broker = BrokerAddress.Of(cluster) ?? throw Untold("broker");
        identity.Store(Of(cluster, "cluster-uid"), broker, Of(cluster, "node-ca.crt"), certificate);
    }

    private CertificateSigningRequest RequestFor(ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName($"system:node:{settings.NodeName}");
        subject.AddOrganizationName("system:nodes");
        var pem = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var hash = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        return new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { Name = $"node-csr-{hash[..40]}" },
            Spec = new CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(pem + "\n"),
                SignerName = "kubernetes.io/kube-apiserver-client-kubelet",
                Usages = ["digital signature", "client auth"],
            },
        };
    }

    private async Task<string> Await(EnrolmentApi api, string name, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var request = await api.Request(name, cancellation);
            foreach (var condition in request.Status?.Conditions ?? [])
            {
                if (condition.Type is "Denied" or "Failed")
                {
                    throw new EnrolmentException(
                        EnrolmentReason.Refused, $"{condition.Reason}: {condition.Message}");
                }
            }

            if (request.Status?.Certificate is { Length: > 0 } signed)
            {
                return Encoding.ASCII.GetString(signed);
            }

            await Task.Delay(Poll, clock, cancellation);
        }
    }

    private static string Of(ConfigMap cluster, string key) =>
        cluster.Data?.GetValueOrDefault(key) ?? throw Untold(key);

    private static EnrolmentException Untold(string key) =>
        new(EnrolmentReason.Unreachable, $"the cluster does not tell its {key}");

    /// <summary>Jittered, so that a site's devices do not come back as one.</summary>
    private TimeSpan Backoff(int failures)
    {
        var longest = Math.Min(RetryFirst.Ticks << Math.Min(failures, 6), RetryMax.Ticks);
        return TimeSpan.FromTicks((longest / 2) + random.NextInt64(longest / 2));
    }
}
