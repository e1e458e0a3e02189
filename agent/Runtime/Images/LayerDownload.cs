using System.Net;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Brings one blob from the registry into containerd and goes on where an earlier attempt stopped, also one of before
/// a power cut. A blob whose bytes do not hash to its digest is thrown away.
/// </summary>
internal sealed class LayerDownload(
    ContentStore content, Func<string, string, long, CancellationToken, ContentIngest> begin,
    RegistryClient registry, BandwidthCap cap, TimeProvider clock)
{
    /// <summary>A cut link is tried again while bytes come; without progress the pull's back-off takes over.</summary>
    private const int CutsWithoutProgressMax = 2;

    /// <summary>A registry that stops in the middle of a body.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);

    public async Task Fetch(
        OciDescriptor blob, IReadOnlyDictionary<string, string> labels, Action<long> advanced, CancellationToken token)
    {
        var (best, cuts) = (0L, 0);
        while (true)
        {
            await using var ingest = begin(Reference(blob.Digest), blob.Digest, blob.Size, token);
            if (await ingest.Open() is not { } offset)
            {
                advanced(blob.Size);
                return;
            }

            var stored = offset;
            try
            {
                stored = offset < blob.Size ? await Copy(blob, ingest, offset, advanced, token) : offset;
            }
            catch (RegistryException e) when (e.Status is null && cuts < CutsWithoutProgressMax)
            {
                // No answer at all; the next round asks again.
            }

            if (stored == blob.Size)
            {
                await Commit(blob, ingest, labels, token);
                advanced(blob.Size);
                return;
            }

            cuts = stored > best ? 0 : cuts + 1;
            best = Math.Max(best, stored);
            if (cuts > CutsWithoutProgressMax)
            {
                throw new RegistryException($"failed to copy: {blob.Digest}: unexpected EOF");
            }
        }
    }

    public static string Reference(string digest) => $"layer-{digest}";

    /// <summary>Returns how many bytes containerd has; less than the size when the body was cut.</summary>
    private async Task<long> Copy(
        OciDescriptor blob, ContentIngest ingest, long offset, Action<long> advanced, CancellationToken token)
    {
        using var response = await registry.Blob(blob.Digest, offset, token);
        await using var body = await response.Content.ReadAsStreamAsync(token);
        // A registry without ranges answers from the beginning.
        var skip = response.StatusCode == HttpStatusCode.PartialContent
            && response.Content.Headers.ContentRange?.From == offset ? 0 : offset;
        var buffer = new byte[ContentIngest.ChunkBytes];
        while (offset < blob.Size)
        {
            var want = (int)Math.Min(buffer.Length, skip > 0 ? skip : blob.Size - offset);
            var got = await Fill(body, buffer.AsMemory(0, want), token);
            await cap.Spend(got, token);
            if (skip > 0)
            {
                skip -= got;
            }
            else if (got > 0)
            {
                await ingest.Write(buffer.AsMemory(0, got), offset);
                offset += got;
                advanced(offset);
            }

            if (got < want)
            {
                break;
            }
        }

        return offset;
    }

    /// <summary>Fewer bytes than asked means that the body ended, broke, or fell silent.</summary>
    private async Task<int> Fill(Stream body, Memory<byte> buffer, CancellationToken token)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            using var silence = new CancellationTokenSource(SilenceMax, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, token);
            try
            {
                var got = await body.ReadAsync(buffer[filled..], both.Token);
                if (got == 0)
                {
                    break;
                }

                filled += got;
            }
            catch (Exception e) when (e is IOException or HttpRequestException
                || (e is OperationCanceledException && !token.IsCancellationRequested))
            {
                break;
            }
        }

        return filled;
    }

    private async Task Commit(
        OciDescriptor blob, ContentIngest ingest, IReadOnlyDictionary<string, string> labels, CancellationToken token)
    {
        try
        {
            await ingest.Commit(labels);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.FailedPrecondition)
        {
            await ingest.DisposeAsync();
            await content.Abort(Reference(blob.Digest), token);
            throw new RegistryException($"failed commit on ref \"{Reference(blob.Digest)}\": {e.Message}");
        }
    }
}
