namespace Edge.Agent.Network;

/// <summary>Where one sandbox lies under the run directory.</summary>
internal sealed record SandboxPaths(string Root)
{
    public string Net => Path.Combine(Root, "net");

    public string Ipc => Path.Combine(Root, "ipc");

    public string Uts => Path.Combine(Root, "uts");

    public string Shm => Path.Combine(Root, "shm");

    public string Record => Path.Combine(Root, "sandbox.json");
}
