using System.Text.Json;
using Edge.Agent.Devices;
using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Status;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Status;

/// <summary>What a pod says of the devices that it was given.</summary>
public sealed class DeviceStatusTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_container_says_how_its_devices_are()
    {
        var status = Of(View(
            Device("c", "nvidia.com/gpu", "GPU-0", DeviceState.Well),
            Device("c", "nvidia.com/gpu", "GPU-1", DeviceState.Broken),
            Device("c", "nvidia.com/mig-1g.5gb", "MIG-0", DeviceState.Unknown)));

        Assert.Equal(
            """
            [{"name":"nvidia.com/gpu","resources":[{"resourceID":"GPU-0","health":"Healthy"},{"resourceID":"GPU-1",
            "health":"Unhealthy"}]},{"name":"nvidia.com/mig-1g.5gb","resources":[{"resourceID":"MIG-0",
            "health":"Unknown"}]}]
            """.ReplaceLineEndings(""),
            status.ContainerStatuses![0].AllocatedResourcesStatus?.GetRawText());
        Assert.Null(status.ContainerStatuses![1].AllocatedResourcesStatus);
        Assert.Contains("\"allocatedResourcesStatus\":[{", JsonSerializer.Serialize(
            new PodReport { Status = status }, ModelJson.Default.PodReport), StringComparison.Ordinal);
    }

    [Fact]
    public void A_condition_says_what_is_wrong_and_that_it_is_over()
    {
        var well = View(Device("c", "nvidia.com/gpu", "GPU-0", DeviceState.Well));
        Assert.Null(Find(Of(well)));

        var broken = View(Device("c", "nvidia.com/gpu", "GPU-0", DeviceState.Broken));
        var condition = Find(Of(broken));
        Assert.Equal(("False", "DeviceUnhealthy"), (condition?.Status, condition?.Reason));
        Assert.Equal("device GPU-0 (nvidia.com/gpu) of container c is not well: XID 79", condition?.Message);

        var known = well with { Record = well.Record with { Conditions = Of(broken).Conditions! } };
        Assert.Equal("True", Find(Of(known))?.Status);
    }

    [Fact]
    public void A_change_is_told_once()
    {
        var before = View().Record;
        var wrong = new Condition { Type = "edge/DevicesHealthy", Status = "False", Message = "m" };
        var broken = before with { Conditions = [wrong] };
        var again = before with { Conditions = [wrong with { Status = "True" }] };

        Assert.Equal((true, "DeviceUnhealthy", "m"), DeviceStatusPlan.Change(before, broken));
        Assert.Null(DeviceStatusPlan.Change(broken, broken with { }));
        Assert.Equal((false, "DeviceHealthy", "its devices are well again"), DeviceStatusPlan.Change(broken, again));
        Assert.Null(DeviceStatusPlan.Change(before, before));
    }

    [Fact]
    public void A_pod_that_ended_for_its_device_says_that_it_was_disturbed()
    {
        var view = View(Device("c", "nvidia.com/gpu", "GPU-0", DeviceState.Broken));
        var record = view.Record with
        {
            TerminalPhase = "Failed", Reason = "DeviceUnhealthy", Message = "m", Conditions = Of(view).Conditions!,
        };
        var status = Of(view with { Record = record });

        Assert.Equal(("Failed", "DeviceUnhealthy", "m"), (status.Phase, status.Reason, status.Message));
        var target = Assert.Single(status.Conditions!, condition => condition.Type == "DisruptionTarget");
        Assert.Equal(("True", "TerminationByKubelet", "m"), (target.Status, target.Reason, target.Message));
        Assert.Equal("False", Find(status)?.Status);
    }

    private static Condition? Find(PodStatus status) =>
        status.Conditions!.SingleOrDefault(condition => condition.Type == "edge/DevicesHealthy");

    private static PodStatus Of(PodView view) => PodStatusPlan.For(view, "192.0.2.1");

    private static HeldDevice Device(string container, string resource, string id, DeviceState state) =>
        new(container, resource, id, state, state == DeviceState.Well ? null : "XID 79", TimeSpan.Zero);

    private static PodView View(params HeldDevice[] devices) => new()
    {
        Uid = "u",
        Pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "p", Namespace = "default", Uid = "u" },
            Spec = new PodSpec { Containers = [new Container { Name = "c" }, new Container { Name = "other" }] },
        },
        Record = new PodRecord { Uid = "u", Namespace = "default", Name = "p", StartTime = s_now },
        Devices = devices,
        Now = s_now,
    };
}
