namespace Edge.Agent.Runtime.Images;

/// <summary>One holder per name at a time; the second pull of an image then finds it complete.</summary>
internal sealed class DigestGates
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Gate> _gates = [];

    public async Task<IDisposable> Enter(string name, CancellationToken token)
    {
        Gate gate;
        lock (_lock)
        {
            if (!_gates.TryGetValue(name, out gate!))
            {
                gate = new Gate();
                _gates[name] = gate;
            }

            gate.Users++;
        }

        try
        {
            await gate.Free.WaitAsync(token);
        }
        catch (OperationCanceledException)
        {
            Leave(name, gate);
            throw;
        }

        return new Holder(this, name, gate);
    }

    private void Leave(string name, Gate gate)
    {
        lock (_lock)
        {
            if (--gate.Users == 0)
            {
                _gates.Remove(name);
                gate.Free.Dispose();
            }
        }
    }

    private sealed class Gate
    {
        public SemaphoreSlim Free { get; } = new(1);

        public int Users { get; set; }
    }

    private sealed class Holder(DigestGates owner, string name, Gate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Free.Release();
            owner.Leave(name, gate);
        }
    }
}
