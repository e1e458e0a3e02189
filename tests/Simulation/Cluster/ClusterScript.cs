namespace Edge.Tests.Simulation.Cluster;

/// <summary>What befalls a world, drawn from its seed.</summary>
internal sealed class ClusterScript
{
    private readonly ClusterWorld _world;
    private readonly Random _random;

    /// <summary>How often something happens, and how bad the network is, differ from world to world.</summary>
    private readonly TimeSpan _pauseMost;

    private readonly double _lossMost;
    private readonly bool _restores;
    private readonly int _stretch;

    /// <param name="world">Whom it befalls.</param>
    /// <param name="stretch">So many times as long are absences, and the time between what happens.</param>
    public ClusterScript(ClusterWorld world, int stretch)
    {
        (_world, _random, _stretch) = (world, world.Random, stretch);
        _pauseMost = TimeSpan.FromMinutes(_random.Next(5, 40)) * stretch;
        _lossMost = _random.Next(3) * 0.25;
        _restores = _random.Next(4) == 0;
    }

    /// <summary>So much time with faults.</summary>
    public void Suffer(TimeSpan time)
    {
        for (var end = _world.Clock.Elapsed + time; _world.Clock.Elapsed < end;)
        {
            _world.Pass(_pauseMost * _random.NextDouble());
            Act();
        }
    }

    private void Act()
    {
        var machine = _world.Machines[_random.Next(_world.Machines.Count)];
        switch (_random.Next(100))
        {
            case < 35:
                _world.Ask();
                break;
            case < 45:
                Weather(machine);
                break;
            case < 65:
                Cut(machine);
                break;
            case < 70:
                _world.Kill(machine, power: false, TimeSpan.FromSeconds(_random.Next(1, 20)));
                break;
            case < 73:
                _world.Restart(machine);
                break;
            case < 80:
                _world.Kill(machine, power: true, Span(TimeSpan.FromSeconds(10), TimeSpan.FromHours(2) * _stretch));
                break;
            case < 84:
                _world.KillServer(Span(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(20) * _stretch), restores: false);
                break;
            case < 88:
                _world.Wire.RestartBroker(Span(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(20) * _stretch));
                break;
            case < 91:
                machine.Wall = TimeSpan.FromMinutes((_random.NextDouble() - 0.5) * 60 * 24 * 365);
                break;
            case < 92:
                _world.ServerWall = TimeSpan.FromMinutes((_random.NextDouble() - 0.5) * 60);
                break;
            case < 96:
                machine.Agent?.Say();
                break;
            case < 98 when _restores:
                _world.BackUp();
                break;
            case < 100 when _restores:
                _world.KillServer(TimeSpan.FromSeconds(_random.Next(1, 60)), restores: true);
                break;
            default:
                _world.Ask();
                break;
        }
    }

    private void Weather(SimMachine machine)
    {
        var way = _world.Wire.Ways[machine.Name];
        way.Loss = _random.NextDouble() * _lossMost;
        way.Doubling = _random.Next(2) * _random.NextDouble() * 0.3;
        way.DelayMost = Span(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(20));
        way.LateOneIn = _random.Next(3) == 0 ? _random.Next(5, 50) : int.MaxValue;
        way.LateMost = Span(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
    }

    /// <summary>Both ways, or behind what the node says next, whose answer then comes late.</summary>
    private void Cut(SimMachine machine)
    {
        var way = _world.Wire.Ways[machine.Name];
        if (way.IsCut || way.IsMute || way.IsMuteNext)
        {
            return;
        }

        var time = Span(TimeSpan.FromSeconds(5), TimeSpan.FromHours(8) * _stretch);
        var mute = _random.Next(3) == 0;
        _world.Trace.Note($"{machine.Name} is {(mute ? "mute" : "cut off")} for {time}");
        if (mute)
        {
            way.IsMuteNext = true;
            way.DelayMost = Span(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        }
        else
        {
            _world.Wire.Cut(machine.Name);
        }

        _world.Clock.After(time, () => _world.Wire.Mend(machine.Name));
    }

    /// <summary>Short ones are as likely as long ones.</summary>
    private TimeSpan Span(TimeSpan least, TimeSpan most) =>
        least * Math.Pow(most / least, _random.NextDouble());
}
