using System.Text.Json.Nodes;
using Edge.Server.Schema.Versions;

namespace Edge.Server.Schema;

/// <summary>
/// Between the version that a request speaks and the one that objects are kept in. An object that is kept in the spoken
/// version is returned as it is, any other as a new tree.
/// </summary>
internal static class VersionConversion
{
    /// <param name="spoken">The schema of the request.</param>
    /// <param name="obj">An object in the spoken version, decoded.</param>
    public static JsonObject ToStored(ResourceSchema spoken, JsonObject obj) => (spoken.IsStored, spoken.Kind) switch
    {
        (true, _) => obj,
        (false, "HorizontalPodAutoscaler") => HpaVersions.ToV2(obj),
        (false, "Event") => EventVersions.ToCore(obj),
        (false, _) => throw NoWay(spoken),
    };

    /// <param name="spoken">The schema of the request.</param>
    /// <param name="obj">An object as it is kept.</param>
    public static JsonObject FromStored(ResourceSchema spoken, JsonObject obj) => (spoken.IsStored, spoken.Kind) switch
    {
        (true, _) => obj,
        (false, "HorizontalPodAutoscaler") => HpaVersions.ToV1(obj),
        (false, "Event") => EventVersions.FromCore(obj),
        (false, _) => throw NoWay(spoken),
    };

    private static InvalidOperationException NoWay(ResourceSchema spoken) =>
        new($"nothing converts {spoken.ApiVersion} {spoken.Kind} to {spoken.StoredVersion}");
}
