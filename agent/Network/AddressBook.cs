namespace Edge.Agent.Network;

/// <summary>
/// The addresses that host-local has given out, in host-local's own format: one file per address that names the owner.
/// Written here only to keep a known pod's address for it, and to free what nobody owns any more.
/// </summary>
internal sealed class AddressBook(string runDir)
{
    /// <summary>host-local's own separator between owner and interface.</summary>
    private const string LineBreak = "\r\n";

    public string Root { get; } = Path.Combine(runDir, "cni", "addresses");

    private string Directory => Path.Combine(Root, CniConfig.NetworkName);

    /// <summary>Without effect when the address has an owner already.</summary>
    public void Keep(string uid, string ip)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var path = Path.Combine(Directory, ip);
        if (!File.Exists(path))
        {
            File.WriteAllText(path, $"{uid}{LineBreak}{CniAttachment.Interface}");
        }
    }

    /// <summary>
    /// Frees every address of a pod: before ADD, which takes only free ones, and after the pod's end.
    /// </summary>
    public void Free(string uid) => FreeWhere(owner => owner == uid);

    public void FreeOthers(IReadOnlySet<string> uids) => FreeWhere(owner => !uids.Contains(owner));

    private void FreeWhere(Func<string, bool> condition)
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return;
        }

        // host-local keeps "lock" and "last_reserved_ip.0" beside the addresses.
        foreach (var path in System.IO.Directory.EnumerateFiles(Directory).Where(IsAddress))
        {
            if (Owner(path) is { } owner && condition(owner))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Null when the address was freed meanwhile: other pods come and go beside this one.</summary>
    private static string? Owner(string path)
    {
        try
        {
            return File.ReadAllText(path).Split(LineBreak)[0].Trim();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static bool IsAddress(string path) => System.Net.IPAddress.TryParse(Path.GetFileName(path), out _);
}
