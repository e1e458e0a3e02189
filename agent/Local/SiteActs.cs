using System.Globalization;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// The last things that persons did on site, newest last: text in the ledger, one act a line after their number ever.
/// Kept also after they were told, because nobody knows whether they were read. Pure.
/// </summary>
internal sealed record SiteActs(long Ever, IReadOnlyList<string> Last)
{
    /// <summary>The entry beside a person's pods.</summary>
    public const string Key = "acts";

    /// <summary>A condition's message is read by eye, and each takes some 60 letters of it.</summary>
    private const int KeptMax = 8;

    public static SiteActs Read(byte[]? entry)
    {
        if (entry is null)
        {
            return new SiteActs(0, []);
        }

        var lines = Encoding.UTF8.GetString(entry).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines is [var ever, .. var last] && long.TryParse(ever, CultureInfo.InvariantCulture, out var number)
            ? new SiteActs(number, last)
            : new SiteActs(0, []);
    }

    public SiteActs With(IReadOnlyList<string> acts, DateTimeOffset now)
    {
        var all = Last.Concat(acts.Select(act => $"{TimeJson.Text(now)} {act}")).ToList();
        return new SiteActs(Ever + acts.Count, all[Math.Max(0, all.Count - KeptMax)..]);
    }

    public byte[] Bytes() => Encoding.UTF8.GetBytes(
        $"{Ever.ToString(CultureInfo.InvariantCulture)}\n{string.Join('\n', Last)}");

    public override string ToString()
    {
        var earlier = Ever - Last.Count;
        return string.Join(", ", Last) + (earlier > 0 ? $" ({earlier} earlier)" : "");
    }
}
