using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Enrolment;

namespace Edge.Tests.Agent.Enrolment;

/// <summary>From any state of the disk there is a way to one whole pair, and never a moment without one.</summary>
public sealed class KeyPlanTests
{
    private static readonly ECDsa s_ca = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData("A", "A", null, null, false, KeyStep.None)]
    [InlineData("A", "A", null, null, true, KeyStep.MakeKey)]
    [InlineData("A", "A", "B", null, false, KeyStep.Ask)]
    [InlineData("A", "A", "B", null, true, KeyStep.Ask)]
    [InlineData("A", "A", "B", "B", false, KeyStep.Prove)]
    [InlineData("A", "A", "B", "C", false, KeyStep.DropCertificate)]
    [InlineData("A", "A", null, "B", false, KeyStep.DropCertificate)]
    [InlineData("A", "B", "B", null, false, KeyStep.MoveKey)]
    [InlineData(null, "B", "B", null, false, KeyStep.MoveKey)]
    [InlineData("A", null, "B", "B", false, KeyStep.MoveCertificate)]
    [InlineData(null, "A", "B", "B", false, KeyStep.MoveCertificate)]
    [InlineData("A", null, null, null, true, KeyStep.None)]
    [InlineData(null, null, null, null, true, KeyStep.None)]
    internal void The_next_step_follows_from_what_is_on_disk(
        string? key, string? certificate, string? nextKey, string? nextCertificate, bool due, KeyStep step) =>
        Assert.Equal(step, KeyPlan.Next(new KeysOnDisk(key, certificate, nextKey, nextCertificate), due));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_power_cut_at_any_change_leaves_a_pair_that_serves_and_the_way_goes_on_to_the_new_one(bool lastHappens)
    {
        var cuts = 0;
        for (var changes = 0; ; changes++)
        {
            var files = Enrolled(out var first);
            if (!IsCut(files, first, changes, lastHappens))
            {
                break;
            }

            cuts++;
            Serves(files);
            Assert.False(IsCut(files, first));
            Assert.NotEqual(first, Serves(files));
            Assert.Equal(["node.crt", "node.key"], files.Keys.Order(StringComparer.Ordinal));
        }

        // The key, its certificate, and the two moves.
        Assert.Equal(4, cuts);
    }

    [Fact]
    public void Two_power_cuts_at_any_two_changes_are_as_one()
    {
        for (var one = 0; one < 4; one++)
        {
            for (var other = 0; other < 4; other++)
            {
                var files = Enrolled(out var first);
                IsCut(files, first, one, lastHappens: one % 2 == 0);
                IsCut(files, first, other, lastHappens: other % 2 == 1);
                Serves(files);
                Assert.False(IsCut(files, first));
                Assert.NotEqual(first, Serves(files));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_next_pair_that_is_given_up_leaves_the_present_one_at_any_cut(int changes)
    {
        var files = Enrolled(out var first);
        var identity = new NodeIdentity("pki", new CutDisk(files, int.MaxValue, false));
        using (var next = identity.NextKey())
        {
            identity.StoreNext(Signed(next));
        }

        var cut = new NodeIdentity("pki", new CutDisk(files, changes, lastHappens: true));
        Assert.Throws<PowerCut>(cut.DropNext);
        Assert.Equal(first, Serves(files));
    }

    [Fact]
    public void A_start_in_the_middle_of_a_change_shows_the_next_pair_first_and_then_both_by_turns()
    {
        var files = Enrolled(out _);
        var identity = new NodeIdentity("pki", new CutDisk(files, int.MaxValue, false));
        Assert.Equal(identity.Present, new PairChoice(identity).Turn());
        using var next = identity.NextKey();
        identity.StoreNext(Signed(next));

        var pairs = new PairChoice(identity);
        Assert.True(pairs.IsOffered);
        Assert.Equal(
            [identity.Next, identity.Present, identity.Next], new[] { pairs.Turn(), pairs.Turn(), pairs.Turn() });
        pairs.Opened(identity.Present.CertFile);
        Assert.Equal((1, false), (pairs.Failures, pairs.IsProved));
        pairs.Opened(identity.Next.CertFile);
        Assert.True(pairs.IsProved);
        pairs.Settle();
        Assert.Equal(identity.Present, pairs.Turn());
    }

    [Fact]
    public void A_broken_present_key_gives_way_to_a_next_pair_that_is_whole()
    {
        var files = Enrolled(out _);
        var identity = new NodeIdentity("pki", new CutDisk(files, int.MaxValue, false));
        using var next = identity.NextKey();
        identity.StoreNext(Signed(next));
        files["node.key"] = "garbage";
        Assert.NotNull(Serves(files));
    }

    /// <summary>One life of an agent that goes as far as it can; true when the power failed in it.</summary>
    private static bool IsCut(
        Dictionary<string, string> files, string? first, int changes = int.MaxValue, bool lastHappens = false)
    {
        var identity = new NodeIdentity("pki", new CutDisk(files, changes, lastHappens));
        try
        {
            identity.Recover();
            while (true)
            {
                switch (KeyPlan.Next(identity.Look(), due: identity.Look().Key == first))
                {
                    case KeyStep.MakeKey:
                        identity.NextKey().Dispose();
                        break;
                    case KeyStep.Ask:
                        using (var next = identity.NextKey())
                        {
                            identity.StoreNext(Signed(next));
                        }

                        break;
                    case KeyStep.Prove:
                        identity.Promote();
                        break;
                    default:
                        return false;
                }
            }
        }
        catch (PowerCut)
        {
            return true;
        }
    }

    /// <summary>What the next start of the agent would show; the certificate and its key belong together.</summary>
    private static string? Serves(Dictionary<string, string> files)
    {
        var identity = new NodeIdentity("pki", new CutDisk(files, int.MaxValue, false));
        identity.Recover();
        var disk = identity.Look();
        Assert.NotNull(disk.Key);
        Assert.Equal(disk.Key, disk.Certificate);
        using var credential = identity.Credential();
        Assert.True(credential.HasPrivateKey);
        return disk.Key;
    }

    private static Dictionary<string, string> Enrolled(out string? key)
    {
        var files = new Dictionary<string, string>();
        var identity = new NodeIdentity("pki", new CutDisk(files, int.MaxValue, false));
        using (var made = identity.Key())
        {
            files["node.crt"] = Signed(made);
        }

        key = identity.Look().Key;
        return files;
    }

    private static string Signed(ECDsa key)
    {
        var request = new CertificateRequest(
            new X500DistinguishedName("CN=n"), new PublicKey(key), HashAlgorithmName.SHA256);
        using var signed = request.Create(
            new X500DistinguishedName("CN=ca"), X509SignatureGenerator.CreateForECDsa(s_ca), DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddYears(100), [1]);
        return signed.ExportCertificatePem();
    }
}
