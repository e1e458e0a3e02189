using System.Collections.Concurrent;

namespace Edge.Server.Api.Http;

/// <summary>
/// Bounds requests at once: over all, and for each caller by what is still free (Choudhury and Hahne's dynamic
/// thresholds). One busy caller takes at most half, two that come and go end with a third each. Callers who take all
/// they can at once leave half of what they found, so that the next ones find room until some log2(max) of them are
/// there; then a place comes free when one of their requests ends. No locks: two counters a request.
/// </summary>
/// <param name="max">Requests at once, of all callers together.</param>
/// <param name="reserved">How many of them only administrators may use.</param>
internal sealed class FairShare(int max, int reserved)
{
    /// <summary>Callers known before those without a request are forgotten; one costs some 100 bytes.</summary>
    private const int CallersMax = 4096;

    private readonly ConcurrentDictionary<string, Caller> _callers = new(StringComparer.Ordinal);
    private int _known;
    private int _forgetAt = CallersMax;
    private int _all;

    /// <summary>Callers known now; those without a request are forgotten when they become many.</summary>
    public int Known => Volatile.Read(ref _known);

    /// <summary>A place for one request until it is disposed; null when the caller is to come again later.</summary>
    public Place? Take(string name, bool isAdministrator)
    {
        var all = Interlocked.Increment(ref _all);
        var caller = Enter(name, out var own);
        if (own <= (isAdministrator ? max : max - reserved) - all + 1)
        {
            return new Place(this, caller);
        }

        Leave(caller);
        return null;
    }

    private Caller Enter(string name, out int own)
    {
        while (true)
        {
            var caller = _callers.TryGetValue(name, out var known) ? known : Meet(name);
            own = Interlocked.Increment(ref caller.Count);
            if (own > 0)
            {
                return caller;
            }

            // It was forgotten between the look and the count.
        }
    }

    private Caller Meet(string name)
    {
        var caller = new Caller();
        if (!_callers.TryAdd(name, caller))
        {
            return _callers.TryGetValue(name, out var other) ? other : Meet(name);
        }

        if (Interlocked.Increment(ref _known) > Volatile.Read(ref _forgetAt))
        {
            ForgetIdle(caller);
            // Those left are busy, so there are few of them; looking at all for each newcomer would be dear.
            Volatile.Write(ref _forgetAt, Math.Max(CallersMax, 2 * Volatile.Read(ref _known)));
        }

        return caller;
    }

    private void ForgetIdle(Caller newcomer)
    {
        foreach (var (name, caller) in _callers)
        {
            if (caller != newcomer
                && Interlocked.CompareExchange(ref caller.Count, Caller.Forgotten, 0) == 0
                && _callers.TryRemove(name, out _))
            {
                Interlocked.Decrement(ref _known);
            }
        }
    }

    private void Leave(Caller caller)
    {
        Interlocked.Decrement(ref caller.Count);
        Interlocked.Decrement(ref _all);
    }

    /// <summary>One request's place.</summary>
    internal readonly struct Place(FairShare share, Caller caller) : IDisposable
    {
        public void Dispose() => share.Leave(caller);
    }

    /// <summary>How many requests of one caller run.</summary>
    internal sealed class Caller
    {
        /// <summary>Stays negative whoever counts on it, so that a caller that is forgotten gets a new one.</summary>
        public const int Forgotten = int.MinValue;

        public int Count;
    }
}
