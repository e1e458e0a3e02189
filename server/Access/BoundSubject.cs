using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Access;

/// <summary>A group, or a user, which a service account is too.</summary>
internal readonly record struct Subject(string Name, bool IsGroup);

/// <summary>Whom a binding names, and as what messages show it.</summary>
internal sealed record BoundSubject(Subject Who, string Shown)
{
    /// <summary>Null for a subject that is nobody.</summary>
    /// <param name="subject">One of a binding's subjects.</param>
    /// <param name="ns">The binding's namespace, which a service account is of when it does not say; or empty.</param>
    public static BoundSubject? Read(JsonObject subject, string ns)
    {
        var (kind, name) = (subject.Text("kind"), subject.Text("name"));
        var own = subject.Text("namespace") is { Length: > 0 } said ? said : ns;
        return kind switch
        {
            "User" => new BoundSubject(new Subject(name, IsGroup: false), $"User \"{name}\""),
            "Group" => new BoundSubject(new Subject(name, IsGroup: true), $"Group \"{name}\""),
            "ServiceAccount" when own.Length > 0 => new BoundSubject(
                new Subject(UserInfo.ServiceAccountName(own, name), IsGroup: false),
                $"ServiceAccount \"{name}/{own}\""),
            _ => null,
        };
    }
}
