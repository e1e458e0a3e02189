namespace Edge.Agent.Runtime.Images;

/// <summary>Adds up the layers of one pull, which come in parallel.</summary>
internal sealed class PullTally(IReadOnlyList<OciDescriptor> layers, IProgress<PullProgress>? progress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _done = [];
    private readonly long _total = layers.DistinctBy(layer => layer.Digest).Sum(layer => layer.Size);

    public void Advance(string digest, long done)
    {
        long sum;
        lock (_gate)
        {
            _done[digest] = done;
            sum = _done.Values.Sum();
        }

        progress?.Report(new PullProgress(sum, _total));
    }
}
