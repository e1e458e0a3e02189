using Edge.Agent.Devices;
using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// What a round takes from outside its folder: the node's facts, the server's last word, the way to report.
/// </summary>
internal sealed record RoundSurroundings(
    TimeProvider Clock, Func<NodeFacts> Node, Func<TimeSpan?> SinceServerAnswered, Action<string, PodReport?> Report)
{
    /// <summary>
    /// Once the server was silent for a keep-alive, a lease is looked at this often: timers stand still while the
    /// machine sleeps, and it may wake up after the lease.
    /// </summary>
    public static readonly TimeSpan CutOffLook = TimeSpan.FromSeconds(30);

    /// <summary>
    /// As <see cref="Report"/>, of a pod whose steps begin now: what comes of them is said soon, and says more.
    /// </summary>
    public Action<string, PodReport?> ReportPassing { get => field ?? Report; init; }

    /// <summary>How often the server hears of this node at least, as far as it is known to count with that.</summary>
    public Func<TimeSpan> KeepAlive { get; init; } = () => Fencing.KeepAliveDefault;

    /// <summary>
    /// For how long a person on site has been holding the server's pod of this uid; null when nobody does. A held pod
    /// is treated like one whose lease is over.
    /// </summary>
    public Func<string, TimeSpan?> HeldFor { get; init; } = _ => null;

    /// <summary>
    /// Whether the server holds the pod of this uid back: nothing of it begins, but what runs goes on.
    /// </summary>
    public Func<string, bool> IsHeldBack { get; init; } = _ => false;

    /// <summary>The devices that the pod was given, and how they are.</summary>
    public Func<Pod, IReadOnlyList<HeldDevice>> Devices { get; init; } = _ => [];

    /// <summary>Whether the server hears this node now.</summary>
    public Func<bool> HasServer { get; init; } = () => false;

    public Action<PodEvent> Say { get; init; } = _ => { };

    /// <summary>
    /// For how long the pod's lease has been over: for ever after a boot, until the server's first word. Negative is
    /// what is left of it; null when it needs none. By a clock that nobody sets.
    /// </summary>
    public TimeSpan? LeaseOver(Pod? pod)
    {
        if (pod is null)
        {
            return null;
        }

        var held = HeldFor(pod.Metadata.Uid ?? "");
        if (Fencing.Toleration(pod) is not { } toleration)
        {
            return held;
        }

        var over = SinceServerAnswered() is { } since
            ? since - toleration - Fencing.Slack(KeepAlive())
            : TimeSpan.MaxValue;
        return held > over ? held : over;
    }

    public bool IsFenced(Pod? pod) => LeaseOver(pod) >= TimeSpan.Zero;

    /// <summary>
    /// How far the pod's lease is: 0 while it has one or needs none, 1 once it is over, 2 once its grace is over too.
    /// </summary>
    public int LeaseStage(Pod? pod) =>
        LeaseOver(pod) is not { } over || over < TimeSpan.Zero ? 0 : over < Fencing.Grace(pod!) ? 1 : 2;

    /// <summary>
    /// The time until the pod's lease is to be looked at: at its next stage if nobody answers until then, and before
    /// that after a keep-alive of silence and every <see cref="CutOffLook"/> from then on. Null when there is no next
    /// stage.
    /// </summary>
    public TimeSpan? NextLeaseStage(Pod? pod)
    {
        if (LeaseOver(pod) is not { } over || over >= Fencing.Grace(pod!))
        {
            return null;
        }

        var next = over < TimeSpan.Zero ? -over : Fencing.Grace(pod!) - over;
        if (SinceServerAnswered() is not { } since)
        {
            // Without an answer since the boot only a hold has stages left.
            return next;
        }

        var look = since < KeepAlive() ? KeepAlive() - since : CutOffLook;
        return next < look ? next : look;
    }
}
