using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>What the verbs work with.</summary>
internal sealed record VerbParts(
    Objects Objects, SchemaCatalog Catalog, SnapshotPins Pins, TimeProvider Time, NameSuffix Suffix)
{
    public ObjectStore Store => Objects.Store;
}

/// <summary>Makes the ends of generated names, from the letters that Kubernetes takes: none that spell words.</summary>
internal sealed class NameSuffix(Random random)
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    private const int Length = 5;

    private readonly Lock _gate = new();

    public string Next()
    {
        lock (_gate)
        {
            return string.Concat(Enumerable.Range(0, Length).Select(_ => Letters[random.Next(Letters.Length)]));
        }
    }
}
