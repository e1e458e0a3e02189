using Edge.Agent.Reconcile;

namespace Edge.Tests.Agent.Reconcile;

public sealed class TerminationFilesTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-termination-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public void A_message_is_cut_at_Kubernetes_limit_and_nothing_is_no_message()
    {
        Assert.Null(TerminationFiles.Read(_dir, "c", 0));
        Write("c", 0, "");
        Assert.Null(TerminationFiles.Read(_dir, "c", 0));
        Write("c", 0, new string('x', 5000));
        Assert.Equal(4096, TerminationFiles.Read(_dir, "c", 0)!.Length);
    }

    [Fact]
    public async Task A_file_that_goes_while_it_is_read_is_no_message()
    {
        var path = TerminationFiles.PathOf(_dir, "c", 0);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                File.WriteAllText(path + ".new", "end");
                File.Move(path + ".new", path);
                File.Delete(path);
            }
        });
        for (var look = 0; look < 2000; look++)
        {
            Assert.Contains(TerminationFiles.Read(_dir, "c", 0), new[] { null, "end" });
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public void Only_the_files_of_the_last_two_attempts_of_a_container_stay()
    {
        foreach (var (name, attempt) in new[] { ("c", 0), ("c", 1), ("c", 2), ("c-0", 0), ("c-1", 7) })
        {
            Write(name, attempt, "x");
        }

        TerminationFiles.ForgetOld(_dir, "c", attempt: 3);

        Assert.Equal(
            ["c-0-0", "c-1-7", "c-2"],
            Directory.GetFiles(Path.Combine(_dir, "termination")).Select(Path.GetFileName).Order());
    }

    private void Write(string container, int attempt, string text)
    {
        var path = TerminationFiles.PathOf(_dir, container, attempt);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
