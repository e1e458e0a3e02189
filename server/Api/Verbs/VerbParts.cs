using Edge.Server.Admission;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>What the verbs work with.</summary>
internal sealed record VerbParts(
    Objects Objects, SchemaCatalog Catalog, SnapshotPins Pins, TimeProvider Time, NameSuffix Suffix, PodAdmission Pods)
{
    public ObjectStore Store => Objects.Store;
}
