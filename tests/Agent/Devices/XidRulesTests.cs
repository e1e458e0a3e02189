using Edge.Agent.Devices.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>NVIDIA's device plugin's rules of XIDs, with its two variables.</summary>
public sealed class XidRulesTests
{
    [Theory]
    [InlineData(null, null, 13, "Ignore")]
    [InlineData(null, null, 31, "Ignore")]
    [InlineData(null, null, 43, "Ignore")]
    [InlineData(null, null, 45, "Ignore")]
    [InlineData(null, null, 68, "Ignore")]
    [InlineData(null, null, 109, "Ignore")]
    [InlineData(null, null, 48, "TakeOut")]
    [InlineData(null, null, 79, "TakeOut")]
    [InlineData(null, null, 94, "TakeOut")]
    [InlineData(null, null, 999, "TakeOut")]
    [InlineData("", "", 79, "TakeOut")]
    [InlineData("79", null, 79, "Ignore")]
    [InlineData(" 48 , 79", null, 79, "Ignore")]
    [InlineData("79", null, 48, "TakeOut")]
    [InlineData("all", null, 79, "Ignore")]
    [InlineData("XIDs", null, 79, "Ignore")]
    [InlineData("all", "79", 79, "TakeOut")]
    [InlineData("all", "79", 48, "Ignore")]
    [InlineData("79", "79", 79, "TakeOut")]
    [InlineData(null, "31", 31, "TakeOut")]
    [InlineData(null, "31", 13, "Ignore")]
    [InlineData("all", "all", 13, "TakeOut")]
    [InlineData("nonsense,-1,79", null, 79, "Ignore")]
    [InlineData("nonsense", null, 79, "TakeOut")]
    public void An_XID_has_the_device_plugins_meaning(string? disable, string? enable, ulong xid, string outcome) =>
        Assert.Equal(outcome, new XidRules(disable, enable, []).Of(Event(NvmlNative.XidCritical, xid)).ToString());

    [Theory]
    [InlineData(null, null, 94, "Restart")]
    [InlineData(null, null, 31, "Restart")]
    [InlineData("94", null, 94, "Restart")]
    [InlineData(null, "94", 94, "TakeOut")]
    [InlineData(null, null, 79, "TakeOut")]
    public void After_some_only_the_containers_begin_again(
        string? disable, string? enable, ulong xid, string outcome) =>
        Assert.Equal(
            outcome, new XidRules(disable, enable, ["94", "31"]).Of(Event(NvmlNative.XidCritical, xid)).ToString());

    [Theory]
    [InlineData(NvmlNative.SingleBitEcc, "Ignore")]
    [InlineData(NvmlNative.DoubleBitEcc, "Ignore")]
    [InlineData(NvmlNative.GpuUnavailable, "Look")]
    [InlineData(NvmlNative.GpuRecoveryAction, "Look")]
    public void Another_event_takes_nothing_out_by_itself(ulong type, string outcome) =>
        Assert.Equal(outcome, new XidRules(null, null, []).Of(Event(type, 79)).ToString());

    [Fact]
    public void An_event_is_a_line_and_back()
    {
        var happened = new GpuEvent("GPU-a", NvmlNative.XidCritical, 79, 3, NvmlNative.NotApplicable);

        Assert.Equal(happened, GpuEvent.Parse(happened.Line));
        Assert.Null(GpuEvent.Parse("ready"));
        Assert.Null(GpuEvent.Parse("GPU-a 8 seventy 0 0"));
        Assert.Null(GpuEvent.Parse("GPU-a 8 79 0 4294967296"));
    }

    private static GpuEvent Event(ulong type, ulong data) => new("GPU-a", type, data, 0, 0);
}
