namespace Edge.Server.Store;

/// <summary>What a change of a watch says.</summary>
internal enum ChangeType
{
    /// <summary>The object was created (no previous) or replaced.</summary>
    Put,

    /// <summary>The object is gone; the change carries its last value under the revision of the deletion.</summary>
    Delete,

    /// <summary>Everything up to the revision was delivered; carries no object. Readers of objects skip it.</summary>
    Bookmark,
}

/// <summary>One step of a watch.</summary>
internal readonly record struct Change(ChangeType Type, StoredObject Object, StoredObject? Previous);
