using Edge.Tests.Simulation.Workloads;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// One life of a process: its continuations, its clock and its timers. What it has not done when it is killed is never
/// done.
/// </summary>
/// <param name="name">For the trace.</param>
/// <param name="clock">The world's.</param>
/// <param name="random">Orders what may happen in any order.</param>
/// <param name="rate">How fast the machine's clock runs.</param>
/// <param name="wall">What its wall clock shows beside the world's time.</param>
internal sealed class SimProcess(string name, SimClock clock, Random random, double rate, Func<TimeSpan> wall)
    : TimeProvider
{
    /// <summary>
    /// What ticks for ever (the bookmarks of watches) decides nothing here, and would cost most of the time.
    /// </summary>
    private const int PeriodsSlower = 30;

    private static readonly DateTimeOffset s_epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<long, long> _answers = [];

    public string Name => name;

    public Pump Pump { get; } = new(random);

    public bool IsAlive { get; private set; } = true;

    /// <summary>It dies after so many continuations, in the middle of whatever it is at.</summary>
    public int? DiesAfter { get; set; }

    /// <summary>Kills it and does what follows from that.</summary>
    public Action? OnDeath { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => s_epoch + clock.Elapsed + wall();

    public override long GetTimestamp() => (long)(clock.Now * rate) + TimeSpan.TicksPerDay;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ProcessTimer(this, clock, rate, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>When the answer to what was sent then was seen first; a rule that is broken on purpose asks.</summary>
    public long AnswerCame(long sentAt) =>
        _answers.TryGetValue(sentAt, out var came) ? came : _answers[sentAt] = GetTimestamp();

    /// <summary>Runs so much of it; true when something was done.</summary>
    public bool Run(int most)
    {
        if (!IsAlive || Pump.IsIdle)
        {
            return false;
        }

        Pump.Run(Math.Min(most, DiesAfter ?? most));
        DiesAfter -= most;
        if (DiesAfter <= 0)
        {
            Die();
        }

        return true;
    }

    /// <summary>At once, if it has not yet.</summary>
    public void Die()
    {
        if (IsAlive)
        {
            OnDeath?.Invoke();
        }
    }

    /// <summary>Its timers stand still and nobody hears of it, but what it began can be ended in order.</summary>
    public void Mute() => IsAlive = false;

    public void Kill()
    {
        IsAlive = false;
        Pump.Crash();
    }

    private sealed class ProcessTimer : ITimer
    {
        private readonly SimTimer _timer;
        private readonly double _rate;
        private TimeSpan _period;

        public ProcessTimer(SimProcess process, SimClock clock, double rate, Action callback)
        {
            _rate = rate;
            _timer = new SimTimer(clock, () =>
            {
                if (!process.IsAlive)
                {
                    return;
                }

                if (_period > TimeSpan.Zero)
                {
                    Set(_period * PeriodsSlower);
                }

                callback();
            });
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Set(dueTime);
            return true;
        }

        public void Dispose() => Set(Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan wait) =>
            _timer.Set(wait == Timeout.InfiniteTimeSpan ? null : (long)Math.Ceiling(wait.Ticks / _rate));
    }
}
