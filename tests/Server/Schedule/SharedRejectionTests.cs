using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Filters;

namespace Edge.Tests.Server.Schedule;

/// <summary>Thousands of nodes that reject a pod for one reason share the words for it.</summary>
public sealed class SharedRejectionTests
{
    private readonly ClusterState _cluster = new();

    [Fact]
    public void Nodes_with_equal_taints_give_one_rejection()
    {
        Put("n1", taint: "a");
        Put("n2", taint: "a");
        Put("n3", taint: "b");
        var pod = _cluster.Prepare(PodDemand.From(new Pod()));
        var first = Taints.Check(pod, _cluster.Node("n1")!);
        Assert.Equal(["node(s) had untolerated taint {a: }"], first!.Reasons);
        Assert.Same(first, Taints.Check(pod, _cluster.Node("n2")!));
        Assert.NotSame(first, Taints.Check(pod, _cluster.Node("n3")!));
    }

    [Fact]
    public void Nodes_that_lack_the_same_extended_resources_give_one_rejection()
    {
        Put("n1");
        Put("n2");
        Put("n3", extended: "example.com/a");
        var pod = _cluster.Prepare(PodDemand.From(Asking("example.com/a", "example.com/b")));
        var first = Fit.Check(pod, _cluster.Node("n1")!);
        Assert.Equal(["Insufficient example.com/a", "Insufficient example.com/b"], first!.Reasons);
        Assert.Same(first, Fit.Check(pod, _cluster.Node("n2")!));
        Assert.Equal(["Insufficient example.com/b"], Fit.Check(pod, _cluster.Node("n3")!)!.Reasons);
    }

    private void Put(string name, string? taint = null, string? extended = null)
    {
        var offered = new Dictionary<string, Quantity> { ["pods"] = Quantity.FromUnits(9) };
        if (extended is not null)
        {
            offered[extended] = Quantity.FromUnits(9);
        }

        _cluster.PutNode(NodeView.From(new Node
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new NodeSpec
            {
                Taints = taint is null ? null : [new Taint { Key = taint, Effect = "NoSchedule" }],
            },
            Status = new NodeStatus
            {
                Allocatable = offered, Conditions = [new Condition { Type = "Ready", Status = "True" }],
            },
        }));
    }

    private static Pod Asking(params string[] names) => new()
    {
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = "c",
                    Resources = new ResourceRequirements
                    {
                        Requests = names.ToDictionary(name => name, _ => Quantity.FromUnits(1)),
                    },
                },
            ],
        },
    };
}
