namespace Edge.Agent.Enrolment;

/// <summary>A broker's address, and the file that holds it and its CA.</summary>
internal sealed record KnownBroker(BrokerAddress Address, string File);

/// <summary>
/// Which broker the node dials. While it knows a next one they take turns, the next one first: where that does not
/// answer, for whatever reason, the present one may still be there. Safe from any thread.
/// </summary>
internal sealed class BrokerChoice(NodeIdentity identity)
{
    private readonly Lock _gate = new();
    private bool _dialledNext;

    /// <summary>Called before every connection.</summary>
    public KnownBroker Turn()
    {
        lock (_gate)
        {
            var next = _dialledNext ? null : identity.NextBroker;
            _dialledNext = next is not null;
            return next ?? identity.PresentBroker;
        }
    }
}
