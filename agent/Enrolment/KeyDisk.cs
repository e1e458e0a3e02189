using System.Text;
using Edge.Proto;

namespace Edge.Agent.Enrolment;

/// <summary>
/// The few files that say who this node is. Each call but <see cref="Read"/> has happened whole or not at all after a
/// power cut, and has happened once it returned.
/// </summary>
internal interface IKeyDisk
{
    /// <summary>Null when the file is absent.</summary>
    string? Read(string name);

    void Write(string name, string text);

    /// <summary>Puts one file in the place of another.</summary>
    void Move(string from, string to);

    void Delete(string name);
}

/// <summary>A directory that only its owner may enter, made at the first write.</summary>
internal sealed class KeyDisk(string directory) : IKeyDisk
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string? Read(string name) => File.Exists(PathOf(name)) ? File.ReadAllText(PathOf(name)) : null;

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(directory, OwnerOnly);
        DurableFile.Write(PathOf(name), Encoding.UTF8.GetBytes(text));
    }

    public void Move(string from, string to) => DurableFile.Move(PathOf(from), PathOf(to));

    public void Delete(string name) => DurableFile.Delete(PathOf(name));

    private string PathOf(string name) => Path.Combine(directory, name);
}
