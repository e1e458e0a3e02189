using System.Collections.Concurrent;

namespace Edge.Server.Access;

/// <summary>
/// Who is granted what in one namespace, or in all. One thread writes; readers take no lock and see each subject's
/// grants as they were before or after a change.
/// </summary>
internal sealed class GrantScope
{
    private static readonly Grant[] s_none = [];

    private readonly ConcurrentDictionary<string, Grant[]> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Grant[]> _groups = new(StringComparer.Ordinal);

    public bool IsEmpty => _users.IsEmpty && _groups.IsEmpty;

    public Grant[] OfUser(string name) => _users.TryGetValue(name, out var grants) ? grants : s_none;

    public Grant[] OfGroup(string name) => _groups.TryGetValue(name, out var grants) ? grants : s_none;

    /// <summary>Puts a grant in the place of another of the same subject; null for one more.</summary>
    public void Set(Subject subject, Grant? old, Grant next)
    {
        var table = TableOf(subject);
        var known = table.GetValueOrDefault(subject.Name, s_none);
        table[subject.Name] = old is not null && Array.IndexOf(known, old) is >= 0 and var at
            ? [.. known[..at], next, .. known[(at + 1)..]]
            : [.. known, next];
    }

    public void Remove(Subject subject, Grant grant)
    {
        var table = TableOf(subject);
        var left = Array.FindAll(table.GetValueOrDefault(subject.Name, s_none), other => other != grant);
        if (left.Length == 0)
        {
            table.TryRemove(subject.Name, out _);
            return;
        }

        table[subject.Name] = left;
    }

    private ConcurrentDictionary<string, Grant[]> TableOf(Subject subject) => subject.IsGroup ? _groups : _users;
}
