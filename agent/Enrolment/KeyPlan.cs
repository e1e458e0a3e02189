namespace Edge.Agent.Enrolment;

/// <summary>
/// The keys that the files of a node hold, by hash: of the present pair, and of the one that is to follow. Null for a
/// file that is absent or does not read.
/// </summary>
internal readonly record struct KeysOnDisk(string? Key, string? Certificate, string? NextKey, string? NextCertificate);

/// <summary>What comes next on the way from one key to another.</summary>
internal enum KeyStep
{
    None,

    /// <summary>Write a new key beside the present one.</summary>
    MakeKey,

    /// <summary>Ask for the next key's certificate, by the present one, and write it.</summary>
    Ask,

    /// <summary>Open a session by the next pair.</summary>
    Prove,

    /// <summary>The next certificate takes the place of the present one.</summary>
    MoveCertificate,

    /// <summary>The next key takes the place of the present one, whose certificate is gone already.</summary>
    MoveKey,

    /// <summary>Remove a next certificate that belongs to no next key.</summary>
    DropCertificate,
}

/// <summary>
/// A node's change of keys, told by what is on disk alone, so that a power cut at any step is a start at that step.
/// Pure.
/// <code>
///              due            written           signed             session            cut here: start moves on
///  K1 C1 ─────MakeKey─▶ K1 C1 │ K2 ──Ask─▶ K1 C1 │ K2 C2 ──Prove─▶ (MoveCertificate) K1 C2 │ K2 ──MoveKey─▶ K2 C2
/// </code>
/// Until the session is there the present pair is whole and serves; after it the next one is, here or there.
/// </summary>
internal static class KeyPlan
{
    /// <param name="disk">What the files hold.</param>
    /// <param name="due">Whether the server wants another key.</param>
    public static KeyStep Next(KeysOnDisk disk, bool due)
    {
        var isNextWhole = disk.NextKey is not null && disk.NextKey == disk.NextCertificate;
        if (disk.Key is null || disk.Key != disk.Certificate)
        {
            // Without a whole pair in its place any other one is better; without any, enrolment is under way.
            return disk.NextKey is not null && disk.NextKey == disk.Certificate ? KeyStep.MoveKey
                : isNextWhole ? KeyStep.MoveCertificate
                : KeyStep.None;
        }

        return isNextWhole ? KeyStep.Prove
            : disk.NextCertificate is not null ? KeyStep.DropCertificate
            : disk.NextKey is not null ? KeyStep.Ask
            : due ? KeyStep.MakeKey
            : KeyStep.None;
    }
}
