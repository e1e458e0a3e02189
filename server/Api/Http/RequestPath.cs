namespace Edge.Server.Api.Http;

/// <summary>
/// What a URL names. Resource requests are <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c> beyond the version;
/// all others have an empty <paramref name="Resource"/>.
/// </summary>
internal sealed record RequestPath(
    string Path, string Group, string Version, string Namespace, string Resource, string Name, string Subresource,
    bool OldWatch)
{
    /// <summary>Names are at most 253 characters, so no path of ours is longer.</summary>
    private const int PathMax = 2048;

    public bool IsResource => Resource.Length > 0;

    public static RequestPath Parse(string path)
    {
        var other = new RequestPath(path, "", "", "", "", "", "", OldWatch: false);
        if (path.Length > PathMax)
        {
            return other;
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (start, group) = parts switch
        {
            ["api", _, _, ..] => (2, ""),
            ["apis", var named, _, _, ..] => (3, named),
            _ => (0, ""),
        };
        if (start == 0)
        {
            return other;
        }

        var version = parts[start - 1];
        var rest = parts[start..];
        var oldWatch = rest is ["watch", _, ..];
        rest = oldWatch ? rest[1..] : rest;
        var ns = "";
        if (rest is ["namespaces", var scope, var below, ..] && below is not ("status" or "finalize"))
        {
            (ns, rest) = (scope, rest[2..]);
        }

        // What stands behind a proxy is the other side's to know.
        return rest.Length > 3 && rest[2] != "proxy"
            ? other
            : new RequestPath(path, group, version, ns, rest[0], At(rest, 1), At(rest, 2), oldWatch);
    }

    private static string At(string[] parts, int index) => index < parts.Length ? parts[index] : "";
}
