namespace Edge.Server.Schedule.Demand;

/// <summary>The labels of one object, sorted by key. Never changed; few enough that a walk beats a hash.</summary>
internal sealed class LabelSet
{
    private readonly string[] _keys;
    private readonly string[] _values;

    private LabelSet(string[] keys, string[] values) => (_keys, _values) = (keys, values);

    public static LabelSet Empty { get; } = new([], []);

    public int Count => _keys.Length;

    /// <summary>Null when the label is not there.</summary>
    public string? this[string key]
    {
        get
        {
            for (var at = 0; at < _keys.Length; at++)
            {
                if (_keys[at] == key)
                {
                    return _values[at];
                }
            }

            return null;
        }
    }

    public static LabelSet From(IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null || labels.Count == 0)
        {
            return Empty;
        }

        var keys = new string[labels.Count];
        var values = new string[labels.Count];
        var at = 0;
        foreach (var (key, value) in labels)
        {
            (keys[at], values[at]) = (key, value);
            at++;
        }

        Array.Sort(keys, values, StringComparer.Ordinal);
        return new LabelSet(keys, values);
    }

    public (string Key, string Value) At(int index) => (_keys[index], _values[index]);
}
