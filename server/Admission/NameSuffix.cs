namespace Edge.Server.Admission;

/// <summary>Makes the ends of generated names, from the letters that Kubernetes takes: none that spell words.</summary>
internal sealed class NameSuffix(Random random)
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    public const int Length = 5;

    private readonly Lock _gate = new();

    public string Next()
    {
        lock (_gate)
        {
            return string.Concat(Enumerable.Range(0, Length).Select(_ => Letters[random.Next(Letters.Length)]));
        }
    }
}
