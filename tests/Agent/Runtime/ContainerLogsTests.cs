using Edge.Agent.Runtime.Logs;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Runtime;

public sealed class ContainerLogsTests
{
    /// <summary>Enough that one of them gets the number of any descriptor that was just closed.</summary>
    private const int FilesAfter = 32;

    [Fact]
    public void What_is_ended_twice_or_detached_late_leaves_other_peoples_descriptors_alone()
    {
        var logs = new ContainerLogs(new FakeClock(), NullLogger.Instance);
        logs.Dispose();
        var files = Enumerable.Range(0, FilesAfter)
            .Select(_ => new FileStream(Path.GetTempFileName(), FileMode.Open)).ToList();

        logs.Detach("nobody");
        logs.Dispose();

        foreach (var file in files)
        {
            Assert.Equal(0, RandomAccess.GetLength(file.SafeFileHandle));
            file.Dispose();
            File.Delete(file.Name);
        }
    }
}
