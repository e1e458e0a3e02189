using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// What a rollout may do, looked at from outside, from one moment to the next: it makes no pod beyond maxSurge, and
/// takes none that serves below maxUnavailable; of nodes within reach, because nothing is known of others. One that
/// recreates makes no pod while one of another revision is there.
/// </summary>
internal sealed class RolloutBounds
{
    /// <summary>A controller decides by what it read some moments before its decision is seen.</summary>
    private const int LooksBetween = 4;

    private readonly Dictionary<string, long?> _judged = [];

    /// <summary>When a pod that was counted on was last lost, by Deployment: the number of that look.</summary>
    private readonly Dictionary<string, int> _lost = [];

    /// <summary>By how many pods a set was made smaller that it has not taken yet.</summary>
    private readonly Dictionary<string, int> _due = [];

    private Moment _before = Moment.None;
    private long _at = -1;
    private int _look;

    /// <summary>How many pods were made and taken by rollouts whose bounds were judged.</summary>
    public int Made { get; private set; }

    public int Taken { get; private set; }

    /// <summary>How many pods were made by rollouts that recreate.</summary>
    public int Recreated { get; private set; }

    /// <summary>The next look has nothing to compare with.</summary>
    public void Forget()
    {
        (_before, _at) = (Moment.None, -1);
        _judged.Clear();
        _lost.Clear();
        _due.Clear();
    }

    public void Check(Objects objects)
    {
        if (objects.Store.Revision == _at)
        {
            return;
        }

        var first = _at < 0;
        (_at, _look) = (objects.Store.Revision, _look + 1);
        var now = Moment.Of(objects);
        if (!now.Reached.SetEquals(_before.Reached))
        {
            // A node that comes back brings what nobody could count on; one that goes takes what was counted on.
            _judged.Clear();
        }

        foreach (var deployment in objects.List(Resources.Deployments))
        {
            var uid = deployment.Metadata.Uid!;
            var own = new Rolled(deployment, _before, now);
            if (own.HasLost)
            {
                _lost[uid] = _look;
            }

            if (!first && _judged.GetValueOrDefault(uid) == deployment.Metadata.Generation)
            {
                Check(own);
            }
            else if (own.HasCarriedOut)
            {
                _judged[uid] = deployment.Metadata.Generation;
                own.Sets.ToList().ForEach(set => _due.Remove(set.Metadata.Uid!));
            }
        }

        _before = now;
    }

    private void Check(Rolled own)
    {
        if (own.Deployment.Spec.Strategy!.Type == "Recreate")
        {
            Recreated += own.Made;
            Assert.True(own.MadeBeside is null, $"{own.Name}: {own.MadeBeside} was made beside another revision");
            return;
        }

        var most = own.Replicas + own.Surge;
        Made += own.Made;
        // More may be left of a larger size; but none is made beyond the bound.
        Assert.True(
            own.Made == 0 || own.Active <= most || own.ActiveBefore > most,
            $"{own.Name}: {own.Active} pods of {most} after {own.Made} were made");

        var least = own.Replicas - own.Unavailable - own.Away;
        Taken += own.Taken;
        var isLost = _look - _lost.GetValueOrDefault(own.Uid, -LooksBetween) < LooksBetween;
        // Below the bound already, a set still shrinks to the size that it was given before.
        Assert.True(
            own.Taken == 0 || isLost || own.Serving >= least || own.Sets.All(IsDue),
            $"{own.Name}: {own.Serving} serve of {least}, {own.Away} away, after {own.Taken} were taken");

        var shrunk = own.Sets.Sum(own.MustTake);
        Assert.True(
            shrunk == 0 || isLost || own.Serving - shrunk >= least,
            $"{own.Name}: {own.Serving} serve of {least}, {own.Away} away, and {shrunk} of them are to go");
        foreach (var set in own.Sets)
        {
            var uid = set.Metadata.Uid!;
            _due[uid] = Math.Max(0, _due.GetValueOrDefault(uid) - own.TakenOf(uid) + own.ShrunkBy(set));
        }

        bool IsDue(ReplicaSet set) => own.TakenOf(set.Metadata.Uid!) <= _due.GetValueOrDefault(set.Metadata.Uid!);
    }
}
