using Edge.Server.Store;
using Edge.Tests.Simulation.Workloads;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// A server and its nodes, all of them the real code, over a clock, a network, disks and machines that one seed drives.
/// </summary>
internal sealed class ClusterWorld : IDisposable
{
    public const int Nodes = 5;

    /// <summary>A process that is to die in the middle of something dies by now.</summary>
    private static readonly TimeSpan s_dies = TimeSpan.FromMinutes(2);

    private readonly SimDisk _disk = new();
    private readonly ClusterDisks _disks;
    private readonly ILoggerFactory _logs = new SimFaults();
    private readonly ClusterRules _rules;
    private readonly ClusterUser _user;
    private readonly List<SimTimer> _absent = [];
    private string? _backup;

    public ClusterWorld(int seed, ClusterRules? rules = null, bool keepsTrace = false)
    {
        _rules = rules ?? ClusterRules.Right;
        Random = new Random(seed);
        Trace = new ClusterTrace(Clock, keepsTrace);
        Truth = new ClusterTruth(Clock, Random);
        Wire = new SimWire(Clock, Random, Trace) { Tap = Truth.Seen };
        _disks = ClusterDisks.Take();
        for (var number = 0; number < Nodes; number++)
        {
            Machines.Add(NewMachine(number));
            Truth.Add(Machines[number]);
            Wire.Add(Machines[number].Name);
        }

        _user = new ClusterUser(Clock, Random, Truth, Machines);
        StartServer();
        Server!.Do(() => _user.Begin(Server.Objects));
        Machines.ForEach(StartAgent);
    }

    public Random Random { get; }

    public SimClock Clock { get; } = new();

    public ClusterTrace Trace { get; }

    public ClusterTruth Truth { get; }

    public SimWire Wire { get; }

    public List<SimMachine> Machines { get; } = [];

    /// <summary>Null while it is down.</summary>
    public ServerLife? Server { get; private set; }

    public TimeSpan ServerWall { get; set; }

    /// <summary>Most events of nodes that ever waited for the server, and messages on one way.</summary>
    public (int Events, int Flying) WaitedMost { get; private set; }

    public int Given => _user.Given;

    /// <summary>Time passes: whatever is due happens, and all that follows from it at once.</summary>
    /// <exception cref="PropertyBroken">A property does not hold.</exception>
    public void Pass(TimeSpan time)
    {
        var end = Clock.Now + time.Ticks;
        Work();
        while (Clock.Step(end))
        {
            Work();
        }
    }

    public void Ask()
    {
        if (Server is { } server)
        {
            Trace.Note("somebody wants something");
            server.Do(() => _user.Act(server.Objects));
        }
    }

    public void StartAgent(SimMachine machine)
    {
        Trace.Note($"the agent of {machine.Name} begins");
        var process = new SimProcess($"agent of {machine.Name}", Clock, Random, machine.Rate, () => machine.Wall);
        machine.Agent = new AgentLife(machine, Wire, process, Random, Truth, _rules, _logs);
    }

    /// <summary>In the middle of something, or a while later.</summary>
    public void Kill(SimMachine machine, bool power, TimeSpan down)
    {
        if (machine.Agent is not { } agent || agent.Process.DiesAfter is not null)
        {
            return;
        }

        agent.Process.OnDeath = () =>
        {
            agent.Kill(silently: power);
            if (power)
            {
                machine.CutPower();
            }

            Later(down, () => StartAgent(machine));
        };
        Die(agent.Process);
    }

    public void Restart(SimMachine machine)
    {
        if (machine.Agent is { Process.DiesAfter: null } agent)
        {
            agent.Stop();
            Later(TimeSpan.FromSeconds(1), () => StartAgent(machine));
        }
    }

    public void KillServer(TimeSpan down, bool restores)
    {
        if (Server is not { Process.DiesAfter: null } server)
        {
            return;
        }

        server.Process.OnDeath = () =>
        {
            Trace.Note("the server dies");
            _disk.Cut();
            server.Bury();
            Server = null;
            Later(down, () => ReturnServer(restores ? _backup : null));
        };
        Die(server.Process);
    }

    public void BackUp()
    {
        if (Server is { } server && _backup is null)
        {
            Trace.Note("backup");
            var path = _disk.Path + ".backup";
            server.Do(() => server.Store.BackUp(path, default));
            _backup = path;
        }
    }

    /// <summary>Nothing breaks any more, and everybody is there.</summary>
    public void Heal()
    {
        Pass(s_dies);
        Trace.Note("everything is healed");
        foreach (var (node, way) in Wire.Ways)
        {
            Wire.Mend(node);
            (way.Loss, way.Doubling, way.LateOneIn) = (0, 0, int.MaxValue);
            way.DelayMost = TimeSpan.FromMilliseconds(200);
        }

        Machines.ForEach(machine => machine.Faulty = false);
        foreach (var back in _absent.ToList())
        {
            back.Fire();
        }
    }

    public void Dispose()
    {
        Server?.Bury();
        _disk.Dispose();
        _disks.Dispose();
    }

    /// <summary>What was taken away comes back, at the latest when all is healed.</summary>
    private void Later(TimeSpan down, Action back)
    {
        SimTimer? timer = null;
        timer = Clock.After(down, () =>
        {
            _absent.Remove(timer!);
            back();
        });
        _absent.Add(timer);
    }

    private void Die(SimProcess process)
    {
        process.DiesAfter = Random.Next(60);
        Clock.After(s_dies, process.Die);
    }

    private void ReturnServer(string? backup)
    {
        if (backup is not null)
        {
            Trace.Note("a backup is restored");
            StoreRestore.Run(backup, _disk.Path, DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20000) + Clock.Elapsed);
        }

        StartServer();
        if (backup is not null)
        {
            Truth.Restored(Server!.Objects, ClusterUser.HashOf);
        }
        else
        {
            Truth.CheckAcknowledged(Server!.Objects);
        }
    }

    private void StartServer()
    {
        Trace.Note("the server begins");
        var process = new SimProcess("server", Clock, Random, rate: 1, () => ServerWall);
        Server = new ServerLife(_disk.Path, Wire, process, Random, Truth, _rules, _logs);
    }

    private SimMachine NewMachine(int number) => new($"node-{number}", number, Clock, Random, Truth, Trace)
    {
        Disk = _disks.Of(number),
        Box = _disks.Box,
        RunDir = _disks.RunDir(number),
        KeepAlive = TimeSpan.FromSeconds(Random.Next(8) switch { 0 => 120, < 4 => 600, _ => 1800 }),
        Rate = 1 + ((Random.NextDouble() - 0.5) / 125),
    };

    /// <summary>Everything that has something to do does it, in an order that nobody promises.</summary>
    private void Work()
    {
        var worked = true;
        while (worked)
        {
            worked = false;
            var first = Random.Next(Machines.Count + 1);
            for (var i = 0; i <= Machines.Count; i++)
            {
                var index = (first + i) % (Machines.Count + 1);
                worked |= index == Machines.Count ? WorkServer() : WorkAgent(Machines[index]);
            }
        }
    }

    private bool WorkAgent(SimMachine machine)
    {
        if (machine.Agent is not { } agent || !agent.Process.Run(Random.Next(1, 12)))
        {
            return false;
        }

        agent.Check();
        Judge();
        return true;
    }

    private bool WorkServer()
    {
        if (Server is not { } server || !server.Process.Run(Random.Next(1, 24)))
        {
            return false;
        }

        if (Server == server)
        {
            server.Check();
            WaitedMost = (Math.Max(WaitedMost.Events, server.EventsWaiting), Wire.FlyingMost);
            if (_user.MayMiss(server.Objects))
            {
                server.Do(() => _user.KeepFences(server.Objects));
            }
        }

        Judge();
        return true;
    }

    private void Judge()
    {
        if (Truth.Violation is { } violation)
        {
            throw new PropertyBroken(violation);
        }
    }
}
