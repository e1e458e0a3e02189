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

    public void Add(BoundSubject subject, Grant grant)
    {
        var table = subject.IsGroup ? _groups : _users;
        table[subject.Name] = [.. table.GetValueOrDefault(subject.Name, s_none), grant];
    }

    public void Remove(BoundSubject subject, Grant grant)
    {
        var table = subject.IsGroup ? _groups : _users;
        var left = Array.FindAll(table.GetValueOrDefault(subject.Name, s_none), other => other != grant);
        if (left.Length == 0)
        {
            table.TryRemove(subject.Name, out _);
            return;
        }

        table[subject.Name] = left;
    }
}
