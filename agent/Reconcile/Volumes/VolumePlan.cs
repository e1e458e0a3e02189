using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Volumes;

/// <summary>One file of a projected volume: a path below the volume, its bytes and its mode.</summary>
internal sealed record ProjectedFile(string Path, byte[] Content, int Mode);

/// <summary>A volume whose files come from objects; a secret one never touches the disk.</summary>
internal sealed record ProjectedVolume(string Name, bool InMemory, IReadOnlyList<ProjectedFile> Files);

/// <summary>
/// What a pod's volumes hold. Pure; throws <see cref="MissingReferenceException"/> with the kubelet's words. The digest
/// tells whether anything has to be written.
/// </summary>
internal sealed record VolumePlan(IReadOnlyList<ProjectedVolume> Volumes)
{
    /// <summary>Kubernetes' default for <c>defaultMode</c>: 0644.</summary>
    private const int DefaultMode = 0b110_100_100;

    public string Digest()
    {
        if (Volumes.Count == 0)
        {
            return "";
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var volume in Volumes)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(volume.Name + "\n" + DigestOf(volume) + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>Names the directory that holds one volume's files, so that a finished write is known again.</summary>
    public static string DigestOf(ProjectedVolume volume)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in volume.Files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Path}\n{file.Mode}\n{file.Content.Length}\n"));
            hash.AppendData(file.Content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    public static VolumePlan For(Pod pod, ObjectSource objects, NodeFacts node)
    {
        var volumes = new List<ProjectedVolume>();
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            try
            {
                if (Project(pod, volume, objects, node) is { } projected)
                {
                    volumes.Add(projected);
                }
            }
            catch (MissingReferenceException missing)
            {
                throw new MissingReferenceException(
                    $"MountVolume.SetUp failed for volume \"{volume.Name}\" : {missing.Message}");
            }
        }

        return new VolumePlan(volumes);
    }

    private static ProjectedVolume? Project(Pod pod, Volume volume, ObjectSource objects, NodeFacts node)
    {
        var ns = pod.Metadata.Namespace ?? "default";
        var files = new List<ProjectedFile>();
        switch (volume)
        {
            case { ConfigMap: { } source }:
                AddConfigMap(
                    files, objects.ConfigMap(ns, source.Name), source.Name, source.Items, source.Optional,
                    source.DefaultMode ?? DefaultMode);
                return new ProjectedVolume(volume.Name, InMemory: false, files);
            case { Secret: { } source }:
                var name = source.SecretName ?? "";
                AddSecret(
                    files, objects.Secret(ns, name), name, source.Items, source.Optional,
                    source.DefaultMode ?? DefaultMode);
                return new ProjectedVolume(volume.Name, InMemory: true, files);
            case { DownwardAPI: { } source }:
                AddDownward(files, pod, node, source, source.DefaultMode ?? DefaultMode);
                return new ProjectedVolume(volume.Name, InMemory: false, files);
            case { Projected: { } source }:
                foreach (var part in source.Sources ?? [])
                {
                    AddPart(files, pod, part, objects, node, source.DefaultMode ?? DefaultMode);
                }

                return new ProjectedVolume(volume.Name, InMemory: true, files);
            default:
                return null;
        }
    }

    private static void AddPart(
        List<ProjectedFile> files, Pod pod, VolumeProjection part, ObjectSource objects, NodeFacts node, int mode)
    {
        var ns = pod.Metadata.Namespace ?? "default";
        if (part.ConfigMap is { } map)
        {
            AddConfigMap(files, objects.ConfigMap(ns, map.Name), map.Name, map.Items, map.Optional, mode);
        }
        else if (part.Secret is { } secret)
        {
            AddSecret(files, objects.Secret(ns, secret.Name), secret.Name, secret.Items, secret.Optional, mode);
        }
        else if (part.DownwardAPI is { } downward)
        {
            AddDownward(files, pod, node, downward, mode);
        }
    }

    private static void AddConfigMap(
        List<ProjectedFile> files, ConfigMap? map, string name, IReadOnlyList<KeyToPath>? items, bool? optional,
        int mode)
    {
        if (map is null && optional != true)
        {
            throw MissingReferenceException.ConfigMap(name);
        }

        var content = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in map?.Data ?? new Dictionary<string, string>())
        {
            content[key] = Encoding.UTF8.GetBytes(value);
        }

        foreach (var (key, value) in map?.BinaryData ?? new Dictionary<string, byte[]>())
        {
            content[key] = value;
        }

        AddKeys(files, content, items, optional == true, mode, "configmap references non-existent config key");
    }

    private static void AddSecret(
        List<ProjectedFile> files, Secret? secret, string name, IReadOnlyList<KeyToPath>? items, bool? optional,
        int mode)
    {
        if (secret is null && optional != true)
        {
            throw MissingReferenceException.Secret(name);
        }

        var content = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (key, value) in secret?.Data ?? new Dictionary<string, byte[]>())
        {
            content[key] = value;
        }

        AddKeys(files, content, items, optional == true, mode, "references non-existent secret key");
    }

    private static void AddKeys(
        List<ProjectedFile> files, SortedDictionary<string, byte[]> content, IReadOnlyList<KeyToPath>? items,
        bool optional, int mode, string missing)
    {
        if (items is not { Count: > 0 })
        {
            foreach (var (key, bytes) in content)
            {
                files.Add(new ProjectedFile(key, bytes, mode));
            }

            return;
        }

        foreach (var item in items)
        {
            if (content.TryGetValue(item.Key, out var bytes))
            {
                files.Add(new ProjectedFile(item.Path, bytes, item.Mode ?? mode));
            }
            else if (!optional)
            {
                throw new MissingReferenceException($"{missing}: {item.Key}");
            }
        }
    }

    private static void AddDownward(
        List<ProjectedFile> files, Pod pod, NodeFacts node, DownwardApiVolumeSource source, int mode)
    {
        foreach (var item in source.Items ?? [])
        {
            var text = item switch
            {
                { FieldRef: { } field } => FieldPaths.Field(pod, node, null, field.FieldPath),
                { ResourceFieldRef: { } resource } =>
                    FieldPaths.Resource(pod, pod.Spec.Containers[0], node, resource),
                _ => "",
            };
            files.Add(new ProjectedFile(item.Path, Encoding.UTF8.GetBytes(text), item.Mode ?? mode));
        }
    }
}
