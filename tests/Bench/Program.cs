using System.Globalization;
using Edge.Tests.Bench;
using Edge.Tests.EndToEnd.Fixture;

// Prints one line a figure (see Figure.Line) and ends with 1 when a budget is missed. `schedule` measures the scheduler
// alone, `devices` its choice of GPUs, `fields` who owns which field, `fleet` the server with a thousand nodes, `api`
// its API, `link` what the link costs a node, `change` what one changed pod does, `idle` what a hundred nodes cost the
// server's disk, `links` ten thousand that come back at once, `gpu` what GPUs cost, which are a stub's, `agent` what an
// agent with ten pods takes while nothing happens.
switch (args)
{
    case ["schedule"]:
        return Print([.. await ScheduleBench.Run(), .. DeviceBench.Run()]);
    case ["devices"]:
        return Print(DeviceBench.Run());
    case ["fields"]:
        return Print(FieldsBench.Run());
    case ["fleet"]:
        return Print(await FleetBench.Run());
    case ["api"]:
        return Print(await ApiBench.Run());
    case [BareEndpoint.Command, var home, var listen]:
        return await BareEndpoint.Run(home, listen);
    case ["idle"]:
        return Print(await FleetBench.RunIdle());
    case ["links"]:
        return Print(await LinksBench.Run());
    case ["change"]:
        return Print(await OnFleet(LinkBench.RunChange));
    case [LinkClients.Command, var first, var count, var port, var folder, var caFile, var clusterUid]:
        return await LinkClients.Run(first, count, port, folder, caFile, clusterUid);
    case ["link"]:
        return Print(await OnFleet(LinkBench.Run));
    case ["gpu"]:
        return Print(await OnFleet(GpuBench.Run));
    case ["agent"]:
        return Print(await OnFleet(async (fleet, api) =>
        {
            await PodBench.Fill(api, 10);
            return await IdleBench.Run(fleet, TimeSpan.FromSeconds(60));
        }));
}

const double IdleSecondsDefault = 600;
var idle = TimeSpan.FromSeconds(args.Length > 0
    ? double.Parse(args[0], CultureInfo.InvariantCulture)
    : IdleSecondsDefault);
var holds = true;
Tell([
    new("agent-binary", new FileInfo(Fleet.AgentBinary).Length / 1e6, "MB", Bound.Max, 17),
    new("server-binary", new FileInfo(Fleet.ServerBinary).Length / 1e6, "MB", Bound.Max, 25),
]);
await OnFleet(async (fleet, api) =>
{
    Tell([.. await PodBench.Run(fleet, api), .. await LinkBench.Run(fleet, api)]);
    await PodBench.Fill(api, 10);
    Tell(await IdleBench.Run(fleet, idle));
    Tell(await GpuBench.Run(fleet, api));
    return [];
});
Tell(await ScheduleBench.Run());
Tell(DeviceBench.Run());
Tell(FieldsBench.Run());
Tell(await FleetBench.Run());
Tell(await FleetBench.RunIdle());
Tell(await LinksBench.Run());
Tell(await ApiBench.Run());
return holds ? 0 : 1;

// Each as soon as it is known: the whole takes half an hour.
void Tell(IReadOnlyList<Figure> known) => holds &= Print(known) == 0;

static async Task<IReadOnlyList<Figure>> OnFleet(Func<Fleet, HubClient, Task<IReadOnlyList<Figure>>> measure)
{
    var fleet = new Fleet { Size = 1 };
    try
    {
        await fleet.InitializeAsync();
        using var api = new HubClient(fleet);
        return await measure(fleet, api);
    }
    finally
    {
        await fleet.DisposeAsync();
    }
}

static int Print(IReadOnlyList<Figure> figures)
{
    foreach (var figure in figures)
    {
        Console.WriteLine(figure.Line);
    }

    return figures.All(figure => figure.Holds) ? 0 : 1;
}
