using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Control.Deployments;

/// <summary>The ReplicaSet that a Deployment's present template becomes. Pure.</summary>
internal static class ReplicaSetDraft
{
    /// <param name="state">The Deployment.</param>
    /// <param name="stored">
    /// Its stored tree: the template is copied from there, so that nothing is lost that no record knows.
    /// </param>
    /// <param name="step">Name, size and revision of the set.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="now">When it is made.</param>
    public static JsonObject Of(
        DeploymentState state, JsonObject stored, DeploymentStep.CreateSet step, string uid, DateTimeOffset now)
    {
        var (meta, spec) = (state.Deployment.Metadata, state.Deployment.Spec);
        var hash = step.Set[(meta.Name!.Length + 1)..];
        var template = stored["spec"]!["template"]!.DeepClone().AsObject();
        var labels = template.Ensure("metadata").Ensure("labels");
        labels[TemplateHash.Label] = hash;
        var selector = stored["spec"]!["selector"]!.DeepClone().AsObject();
        selector.Ensure("matchLabels")[TemplateHash.Label] = hash;
        var set = new JsonObject
        {
            ["apiVersion"] = Resources.ReplicaSets.ApiVersion,
            ["kind"] = Resources.ReplicaSets.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = step.Set,
                ["namespace"] = meta.Namespace,
                ["uid"] = uid,
                ["creationTimestamp"] = TimeJson.Text(now),
                ["generation"] = 1,
                ["labels"] = labels.DeepClone(),
                ["ownerReferences"] = new JsonArray(Owners.Reference(Resources.Deployments, meta)),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = step.Replicas, ["selector"] = selector, ["template"] = template,
            },
            ["status"] = new JsonObject { ["replicas"] = 0 },
        };
        if (spec.MinReadySeconds is > 0 and var seconds)
        {
            set["spec"]!["minReadySeconds"] = seconds;
        }

        RevisionMark.Put(set, state.Deployment, step.Revision);
        RevisionMark.PutSizes(set, state);
        return set;
    }
}
