using Edge.Agent.Runtime;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>The agent's process died here. Nothing of the agent may catch it.</summary>
internal sealed class SimCrash : Exception;

/// <summary>A property that does not hold; the message says which.</summary>
internal sealed class SimViolation(string message) : Exception(message);

/// <summary>Decides for each act at the edge whether it fails or the agent dies, before or after its effect.</summary>
internal sealed class SimFaults(Random random)
{
    private const double FailRate = 0.06;
    private const double CrashRate = 0.03;

    private readonly Lock _gate = new();

    public bool On { get; set; } = true;

    /// <summary>A registry that does not answer.</summary>
    public bool RegistryDown { get; set; }

    /// <summary>One act at a time: the runs of several pods share one world.</summary>
    public Task<T> Act<T>(Func<T> effect, Func<string, Exception>? error = null)
    {
        try
        {
            lock (_gate)
            {
                return Task.FromResult(On ? Faulty(effect, error ?? Runtime) : effect());
            }
        }
        catch (Exception thrown) when (thrown is not SimViolation)
        {
            return Task.FromException<T>(thrown);
        }
    }

    private T Faulty<T>(Func<T> effect, Func<string, Exception> error)
    {
        var roll = random.NextDouble();
        var after = random.Next(2) == 0;
        if (roll >= FailRate + CrashRate)
        {
            return effect();
        }

        if (after)
        {
            effect();
        }

        throw roll < CrashRate
            ? new SimCrash()
            : after ? new RuntimeException(RuntimeReason.Timeout, "no answer in time") : error("simulated");
    }

    private RuntimeException Runtime(string message) => new(
        random.Next(3) switch
        {
            0 => RuntimeReason.Unavailable,
            1 => RuntimeReason.Timeout,
            _ => RuntimeReason.Failed,
        },
        message);
}
