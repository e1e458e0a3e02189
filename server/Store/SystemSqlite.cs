using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Edge.Server.Store;

/// <summary>Points the SQLite binding at the distribution's library, which the distribution patches.</summary>
internal static class SystemSqlite
{
    private const string Library = "libsqlite3.so.0";

    private static readonly Lazy<bool> s_loaded = new(Load);

    /// <summary>Loads the library once a process; later calls do nothing.</summary>
    public static void EnsureLoaded() => _ = s_loaded.Value;

    private static bool Load()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // A process that also holds the agent has set the same resolver already; a second one is refused.
            return true;
        }

        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return true;
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "e_sqlite3" ? NativeLibrary.Load(Library) : IntPtr.Zero;
}
