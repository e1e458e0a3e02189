using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Agent.Runtime.Spec;

/// <summary>Who a container's process is: pod, then image, then the image's own passwd and group. Pure.</summary>
internal static class UserPlan
{
    /// <summary>runc's limit.</summary>
    private const long IdMax = int.MaxValue;

    public static ResolvedUser Resolve(Pod pod, Container container, string imageUser, string passwd, string group)
    {
        var podContext = pod.Spec.SecurityContext;
        var own = container.SecurityContext;
        var runAsUser = own?.RunAsUser ?? podContext?.RunAsUser;
        var runAsGroup = own?.RunAsGroup ?? podContext?.RunAsGroup;
        var parts = imageUser.Split(':', 2);
        var name = runAsUser?.ToString(CultureInfo.InvariantCulture) ?? (parts[0].Length == 0 ? "0" : parts[0]);
        var users = Rows(passwd, 4);
        var groups = Rows(group, 3);
        var row = users.Find(user => user[0] == name) ?? users.Find(user => user[2] == name);
        var uid = Id(row?[2]) ?? Id(name)
            ?? throw Refused($"unable to find user {name}: no matching entries in passwd file");
        RequireNonRoot(pod, container, runAsUser, name, uid);
        var gid = runAsGroup ?? (runAsUser is null && parts.Length == 2 ? GroupId(parts[1], groups) : Id(row?[3]) ?? 0);
        if (uid > IdMax || gid > IdMax)
        {
            throw Refused($"user {uid} or group {gid} is above {IdMax}");
        }

        var user = podContext?.SupplementalGroupsPolicy == "Strict" ? null : row?[0];
        return new ResolvedUser((uint)uid, (uint)gid, ExtraGroups(gid, user, groups, podContext));
    }

    /// <summary>The first group, the image's that name the user, and the pod's; each once.</summary>
    private static List<uint> ExtraGroups(
        long gid, string? user, List<string[]> groups, PodSecurityContext? podContext)
    {
        List<long> ids = [gid];
        foreach (var entry in groups.Where(entry => entry.Length > 3 && entry[3].Split(',').Contains(user)))
        {
            if (Id(entry[2]) is { } id)
            {
                ids.Add(id);
            }
        }

        ids.AddRange(podContext?.SupplementalGroups ?? []);
        if (podContext?.FsGroup is { } fsGroup)
        {
            ids.Add(fsGroup);
        }

        var extra = new List<uint>();
        foreach (var id in ids)
        {
            if (!extra.Contains((uint)id))
            {
                extra.Add((uint)id);
            }
        }

        return extra;
    }

    /// <summary>kubelet's checks and words.</summary>
    private static void RequireNonRoot(Pod pod, Container container, long? runAsUser, string name, long uid)
    {
        if ((container.SecurityContext?.RunAsNonRoot ?? pod.Spec.SecurityContext?.RunAsNonRoot) != true)
        {
            return;
        }

        var where = $"(pod: \"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})\", "
            + $"container: {container.Name})";
        if (runAsUser is null && Id(name) is null)
        {
            throw Refused(
                $"container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root "
                + where);
        }

        if (uid == 0)
        {
            throw Refused(runAsUser is null
                ? $"container has runAsNonRoot and image will run as root {where}"
                : $"container's runAsUser breaks non-root policy {where}");
        }
    }

    private static long GroupId(string name, List<string[]> groups) =>
        Id(groups.Find(group => group[0] == name)?[2]) ?? Id(name)
        ?? throw Refused($"unable to find group {name}: no matching entries in group file");

    private static List<string[]> Rows(string text, int columnsMin) => text
        .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':'))
        .Where(columns => columns.Length >= columnsMin)
        .ToList();

    private static long? Id(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    private static RuntimeException Refused(string message) => new(RuntimeReason.Refused, message);
}
