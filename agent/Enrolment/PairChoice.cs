namespace Edge.Agent.Enrolment;

/// <summary>
/// Which pair the node shows to the broker. While a next one is to be proved they take turns, the next one first: where
/// it is not accepted, for whatever reason, the present one brings the node back. Safe from any thread.
/// </summary>
internal sealed class PairChoice(NodeIdentity identity)
{
    private readonly Lock _gate = new();

    /// <summary>A start in the middle of a change shows the next pair in its first connection.</summary>
    private bool _offered = KeyPlan.Next(identity.Look(), due: false) == KeyStep.Prove;
    private bool _showedNext;

    public bool IsOffered
    {
        get
        {
            lock (_gate)
            {
                return _offered;
            }
        }
    }

    /// <summary>A session was opened by the next pair.</summary>
    public bool IsProved { get; private set; }

    /// <summary>Sessions that the present pair had to open since the next one is offered.</summary>
    public int Failures { get; private set; }

    /// <summary>From now on the next pair is shown too.</summary>
    public void Offer() => Begin(offered: true);

    /// <summary>The next pair has become the present one, or is gone.</summary>
    public void Settle() => Begin(offered: false);

    /// <summary>Called before every connection.</summary>
    public KeyPair Turn()
    {
        lock (_gate)
        {
            _showedNext = _offered && !_showedNext;
            return _showedNext ? identity.Next : identity.Present;
        }
    }

    /// <summary>The server answered a session of the pair with this certificate.</summary>
    public void Opened(string certFile)
    {
        lock (_gate)
        {
            if (!_offered)
            {
                return;
            }

            if (certFile == identity.Next.CertFile)
            {
                IsProved = true;
            }
            else
            {
                Failures++;
            }
        }
    }

    private void Begin(bool offered)
    {
        lock (_gate)
        {
            (_offered, _showedNext, IsProved, Failures) = (offered, false, false, 0);
        }
    }
}
