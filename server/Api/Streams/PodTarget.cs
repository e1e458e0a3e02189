using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Fleet;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Streams;

/// <summary>Where a stream goes to: a pod on its node. The words are Kubernetes'.</summary>
internal sealed record PodTarget(string Namespace, string Pod, string Uid, string Node, JsonObject Object)
{
    /// <exception cref="StatusException">There is no such pod, or it has no node.</exception>
    public static PodTarget Of(ApiRequest request, ObjectStore store)
    {
        var pod = store.Get(request.Key) is { } stored ? ObjectBytes.Read(stored) : throw request.NotFound();
        var node = pod.Object("spec").Text("nodeName");
        return node.Length > 0
            ? new PodTarget(
                request.Path.Namespace, request.Path.Name, pod.Object("metadata").Text("uid"), node, pod)
            : throw Errors.BadRequest($"pod {request.Path.Name} does not have a host assigned");
    }

    /// <summary>The container that is meant: the named one, or the only one.</summary>
    /// <exception cref="StatusException">It is not there, or not clear.</exception>
    public string Container(string name) => Container(Object, Pod, name);

    /// <summary>
    /// The same where the pod may have no node yet. What its annotations wish for is read by kubectl and not here.
    /// </summary>
    /// <exception cref="StatusException">It is not there, or not clear.</exception>
    public static string Container(JsonObject pod, string podName, string name)
    {
        var spec = pod.Object("spec");
        var main = Names(spec, "containers");
        var init = Names(spec, "initContainers");
        if (name.Length > 0)
        {
            return main.Contains(name) || init.Contains(name) || Names(spec, "ephemeralContainers").Contains(name)
                ? name
                : throw Errors.BadRequest($"container {name} is not valid for pod {podName}");
        }

        return main.Count switch
        {
            1 => main[0],
            0 => throw Errors.BadRequest($"a container name must be specified for pod {podName}"),
            _ => throw Errors.BadRequest($"a container name must be specified for pod {podName}, choose one of: "
                + $"[{string.Join(' ', main)}]"
                + (init.Count > 0 ? $" or one of the init containers: [{string.Join(' ', init)}]" : "")),
        };
    }

    public static StatusException Refusal(StreamRefusedException refused) => refused.Refusal switch
    {
        StreamRefusal.Unreachable => Errors.Unreachable(refused.Message),
        StreamRefusal.TooMany => Errors.TooManyRequests(refused.Message, retryAfterSeconds: 1),
        StreamRefusal.Refused => Errors.BadRequest(refused.Message),
    };

    private static List<string> Names(JsonObject? spec, string field)
    {
        var names = new List<string>();
        foreach (var container in spec.Objects(field))
        {
            names.Add(container.Text("name"));
        }

        return names;
    }
}
