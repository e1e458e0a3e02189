using Edge.Proto.Model;

namespace Edge.Agent.Enrolment;

/// <summary>Where the cluster's broker is and how far it is trusted, as the cluster itself said.</summary>
/// <param name="Url"><c>mqtts://host:port</c>.</param>
/// <param name="IsSealed">It is not the cluster's own: nothing is believed that the server did not seal.</param>
/// <param name="CaPem">The CA of such a broker; null where it is the node CA.</param>
internal sealed record BrokerAddress(Uri Url, bool IsSealed, string? CaPem)
{
    private const string SealedWord = "sealed";

    /// <summary>
    /// As it is kept, in one file, so that all of it changes at once: the URL, the word, the CA. Readers of PEM skip
    /// what stands before, so the file is the CA's as well.
    /// </summary>
    public string Text => $"{Url.OriginalString}\n{(IsSealed ? SealedWord + "\n" : "")}{CaPem}";

    /// <summary>As the server names it in a welcome.</summary>
    public ulong Print => BrokerPrint.Of(Url.OriginalString, IsSealed, CaPem);

    /// <summary>Out of ConfigMap kube-public/edge-cluster; null when it names no broker.</summary>
    public static BrokerAddress? Of(ConfigMap cluster)
    {
        string? Value(string key) => cluster.Data?.GetValueOrDefault(key);
        return Uri.TryCreate(Value("broker"), UriKind.Absolute, out var url)
            ? new BrokerAddress(url, Value("broker-sealed") == "true", Value("broker-ca.crt"))
            : null;
    }

    public static BrokerAddress Parse(string text)
    {
        var lines = text.Split('\n', 3);
        var isSealed = lines.Length > 1 && lines[1].Trim() == SealedWord;
        var rest = string.Join('\n', lines[(isSealed ? 2 : 1)..]);
        return new BrokerAddress(new Uri(lines[0].Trim()), isSealed, rest.Trim().Length == 0 ? null : rest);
    }
}
