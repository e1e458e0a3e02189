using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What programs do with Kubernetes' JavaScript client; the steps are in ClientNode/steps.mjs.</summary>
[Collection(FleetTests.Name)]
public sealed class ClientNodeTests(Fleet fleet)
{
    [SkippableTheory]
    [InlineData("informer")]
    [InlineData("watch")]
    [InlineData("patches")]
    [InlineData("objects")]
    [InlineData("apply")]
    public async Task The_JavaScript_client_gets_what_it_expects(string step)
    {
        Fleet.Require();
        await ClientNode.Require();
        (await ClientNode.Run(fleet, step)).Ok();
    }
}
