using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Tests.Server.Control.Workloads;

/// <summary>What controllers remember of a pod, whatever its node says of it.</summary>
public sealed class PodViewTests
{
    [Fact]
    public void Restarts_beyond_any_number_are_counted_and_end_no_loop()
    {
        var container = new ContainerStatus { Name = "c", RestartCount = int.MaxValue };
        var view = PodView.From(
            new Pod
            {
                Metadata = new ObjectMeta(), Spec = new PodSpec(),
                Status = new PodStatus { ContainerStatuses = [container, container] },
            }, "/pods/ns/a");
        Assert.Equal(2L * int.MaxValue, view.RestartsTotal);
    }
}
