using Edge.Proto;

namespace Edge.Tests.Proto;

public sealed class ResidentMemoryTests
{
    private const string Smaps =
        """
        1000-3000 r-xp 00001000 fe:00 7     /usr/bin/edge-agent
        Rss:                   8 kB
        Anonymous:             0 kB
        3000-4000 r--p 00003000 fe:00 7     /usr/bin/edge-agent
        Anonymous:             4 kB
        4000-5000 rw-p 00004000 fe:00 7     /usr/bin/edge-agent
        Anonymous:             0 kB
        5000-6000 r-xp 00000000 fe:00 8     /usr/lib/libc.so.6
        Anonymous:             0 kB
        6000-7000 r-xp 00000000 00:00 0     [vdso]
        Anonymous:             0 kB
        7000-8000 rw-p 00000000 00:00 0
        Anonymous:             0 kB
        """;

    [Fact]
    public void Only_unchanged_read_only_pages_of_files_are_given_back() =>
        Assert.Equal([(0x1000, 0x2000), (0x5000, 0x1000)], ResidentMemory.CleanPages(Smaps.Split('\n')).ToArray());
}
