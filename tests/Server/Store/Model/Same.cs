using Edge.Server.Store;

namespace Edge.Tests.Server.Store.Model;

/// <summary>Compares what the store says with what the model says, values byte by byte.</summary>
internal static class Same
{
    public static void Results(TxnResult expected, TxnResult real)
    {
        switch (expected, real)
        {
            case (TxnResult.Committed model, TxnResult.Committed done):
                Assert.Equal(model.Revision, done.Revision);
                break;
            case (TxnResult.Conflict model, TxnResult.Conflict refused):
                Assert.Equal(model.Key, refused.Key);
                Objects(model.Current, refused.Current);
                break;
            default:
                Assert.Fail($"expected {expected}, but it was {real}");
                break;
        }
    }

    public static void Changes(Change expected, Change real)
    {
        Assert.Equal(expected.Type, real.Type);
        Objects(expected.Object, real.Object);
        Objects(expected.Previous, real.Previous);
    }

    public static void Lists(IReadOnlyList<StoredObject> expected, IReadOnlyList<StoredObject> real)
    {
        Assert.Equal(expected.Select(Name), real.Select(Name));
        for (var i = 0; i < expected.Count; i++)
        {
            Objects(expected[i], real[i]);
        }
    }

    public static void Objects(StoredObject? expected, StoredObject? real)
    {
        Assert.Equal(expected is null ? "absent" : Name(expected.Value), real is null ? "absent" : Name(real.Value));
        Assert.True(
            expected is null || expected.Value.Value.Span.SequenceEqual(real!.Value.Value.Span),
            "the value is another one");
    }

    private static string Name(StoredObject stored) => $"{stored.Key}@{stored.Revision}";
}
