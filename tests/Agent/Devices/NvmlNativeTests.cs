using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Agent.Devices.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>
/// NVML's structures as a C compiler lays them out (nvml.h 13.4, LP64); the stub asserts the same numbers in C.
/// </summary>
public sealed class NvmlNativeTests
{
    [Fact]
    public void Structures_have_the_sizes_that_a_C_compiler_gives_them() => Assert.Equal(
        (24, 40, 68, 32, 8, 40, 40),
        (Unsafe.SizeOf<NvmlNative.Memory>(), Unsafe.SizeOf<NvmlNative.MemoryV2>(), Unsafe.SizeOf<NvmlNative.Pci>(),
            Unsafe.SizeOf<NvmlNative.Event>(), Unsafe.SizeOf<NvmlNative.Load>(),
            Unsafe.SizeOf<NvmlNative.Attributes>(), Unsafe.SizeOf<NvmlNative.Field>()));

    [Theory]
    [InlineData(typeof(NvmlNative.MemoryV2), nameof(NvmlNative.MemoryV2.Total), 8)]
    [InlineData(typeof(NvmlNative.MemoryV2), nameof(NvmlNative.MemoryV2.Used), 32)]
    [InlineData(typeof(NvmlNative.Pci), nameof(NvmlNative.Pci.Domain), 16)]
    [InlineData(typeof(NvmlNative.Pci), nameof(NvmlNative.Pci.Id), 36)]
    [InlineData(typeof(NvmlNative.Event), nameof(NvmlNative.Event.Data), 16)]
    [InlineData(typeof(NvmlNative.Event), nameof(NvmlNative.Event.GpuInstance), 24)]
    [InlineData(typeof(NvmlNative.Attributes), nameof(NvmlNative.Attributes.GpuSlices), 24)]
    [InlineData(typeof(NvmlNative.Attributes), nameof(NvmlNative.Attributes.Mebibytes), 32)]
    [InlineData(typeof(NvmlNative.Field), nameof(NvmlNative.Field.Return), 28)]
    [InlineData(typeof(NvmlNative.Field), nameof(NvmlNative.Field.Value), 32)]
    public void A_field_lies_where_a_C_compiler_puts_it(Type structure, string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf(structure, field));

    [Fact]
    public void A_versioned_structure_says_its_size_and_version() =>
        Assert.Equal(NvmlNative.MemoryV2Version, (uint)Unsafe.SizeOf<NvmlNative.MemoryV2>() | (2u << 24));
}
