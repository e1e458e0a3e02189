using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Content;
using Edge.Proto.Containerd.Diff;
using Edge.Proto.Containerd.Events;
using Edge.Proto.Containerd.Images;
using Edge.Proto.Containerd.Introspection;
using Edge.Proto.Containerd.Snapshots;
using Edge.Proto.Containerd.Tasks;
using Edge.Proto.Containerd.Version;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Leases = Edge.Proto.Containerd.Leases;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>The methods of containerd that the agent calls. Empty answers are read as Empty.</summary>
internal static class ContainerdApi
{
    private const string Root = "/containerd.services.";

    /// <summary>Metadata calls take milliseconds; a daemon on a busy SD card may take seconds for a commit.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Starting a process forks a shim and runc; on a small ARM board under load this is many seconds.
    /// </summary>
    private static readonly TimeSpan Process = TimeSpan.FromMinutes(2);

    /// <summary>Unpacking a layer of several GiB to an SD card.</summary>
    private static readonly TimeSpan Unpack = TimeSpan.FromMinutes(60);

    public static readonly GrpcMethod<Empty, VersionResponse> Version =
        Method<Empty, VersionResponse>("version.v1.Version/Version", VersionResponse.Parser);

    public static readonly GrpcMethod<PluginsRequest, PluginsResponse> Plugins =
        Method<PluginsRequest, PluginsResponse>("introspection.v1.Introspection/Plugins", PluginsResponse.Parser);

    public static readonly GrpcMethod<GetImageRequest, GetImageResponse> GetImage =
        Method<GetImageRequest, GetImageResponse>("images.v1.Images/Get", GetImageResponse.Parser);

    public static readonly GrpcMethod<ListImagesRequest, ListImagesResponse> ListImages =
        Method<ListImagesRequest, ListImagesResponse>("images.v1.Images/List", ListImagesResponse.Parser);

    public static readonly GrpcMethod<CreateImageRequest, Empty> CreateImage =
        Method<CreateImageRequest, Empty>("images.v1.Images/Create", Empty.Parser);

    public static readonly GrpcMethod<UpdateImageRequest, Empty> UpdateImage =
        Method<UpdateImageRequest, Empty>("images.v1.Images/Update", Empty.Parser);

    public static readonly GrpcMethod<DeleteImageRequest, Empty> DeleteImage =
        Method<DeleteImageRequest, Empty>("images.v1.Images/Delete", Empty.Parser, Process);

    public static readonly GrpcMethod<InfoRequest, InfoResponse> ContentInfo =
        Method<InfoRequest, InfoResponse>("content.v1.Content/Info", InfoResponse.Parser);

    public static readonly GrpcMethod<UpdateRequest, InfoResponse> UpdateContent =
        Method<UpdateRequest, InfoResponse>("content.v1.Content/Update", InfoResponse.Parser);

    public static readonly GrpcMethod<ReadContentRequest, ReadContentResponse> ReadContent =
        Method<ReadContentRequest, ReadContentResponse>("content.v1.Content/Read", ReadContentResponse.Parser);

    public static readonly GrpcMethod<WriteContentRequest, WriteContentResponse> WriteContent =
        Method<WriteContentRequest, WriteContentResponse>("content.v1.Content/Write", WriteContentResponse.Parser);

    public static readonly GrpcMethod<AbortRequest, Empty> AbortContent =
        Method<AbortRequest, Empty>("content.v1.Content/Abort", Empty.Parser);

    public static readonly GrpcMethod<PrepareSnapshotRequest, PrepareSnapshotResponse> PrepareSnapshot =
        Method<PrepareSnapshotRequest, PrepareSnapshotResponse>(
            "snapshots.v1.Snapshots/Prepare", PrepareSnapshotResponse.Parser, Process);

    public static readonly GrpcMethod<MountsRequest, MountsResponse> SnapshotMounts =
        Method<MountsRequest, MountsResponse>("snapshots.v1.Snapshots/Mounts", MountsResponse.Parser);

    public static readonly GrpcMethod<CommitSnapshotRequest, Empty> CommitSnapshot =
        Method<CommitSnapshotRequest, Empty>("snapshots.v1.Snapshots/Commit", Empty.Parser, Process);

    public static readonly GrpcMethod<RemoveSnapshotRequest, Empty> RemoveSnapshot =
        Method<RemoveSnapshotRequest, Empty>("snapshots.v1.Snapshots/Remove", Empty.Parser, Process);

    public static readonly GrpcMethod<StatSnapshotRequest, StatSnapshotResponse> StatSnapshot =
        Method<StatSnapshotRequest, StatSnapshotResponse>(
            "snapshots.v1.Snapshots/Stat", StatSnapshotResponse.Parser);

    public static readonly GrpcMethod<ApplyRequest, ApplyResponse> ApplyDiff =
        Method<ApplyRequest, ApplyResponse>("diff.v1.Diff/Apply", ApplyResponse.Parser, Unpack);

    public static readonly GrpcMethod<GetContainerRequest, GetContainerResponse> GetContainer =
        Method<GetContainerRequest, GetContainerResponse>("containers.v1.Containers/Get", GetContainerResponse.Parser);

    public static readonly GrpcMethod<ListContainersRequest, ListContainersResponse> ListContainers =
        Method<ListContainersRequest, ListContainersResponse>(
            "containers.v1.Containers/List", ListContainersResponse.Parser);

    public static readonly GrpcMethod<CreateContainerRequest, GetContainerResponse> CreateContainer =
        Method<CreateContainerRequest, GetContainerResponse>(
            "containers.v1.Containers/Create", GetContainerResponse.Parser);

    public static readonly GrpcMethod<DeleteContainerRequest, Empty> DeleteContainer =
        Method<DeleteContainerRequest, Empty>("containers.v1.Containers/Delete", Empty.Parser);

    public static readonly GrpcMethod<CreateTaskRequest, CreateTaskResponse> CreateTask =
        Method<CreateTaskRequest, CreateTaskResponse>("tasks.v1.Tasks/Create", CreateTaskResponse.Parser, Process);

    public static readonly GrpcMethod<StartRequest, StartResponse> StartTask =
        Method<StartRequest, StartResponse>("tasks.v1.Tasks/Start", StartResponse.Parser, Process);

    public static readonly GrpcMethod<DeleteTaskRequest, DeleteResponse> DeleteTask =
        Method<DeleteTaskRequest, DeleteResponse>("tasks.v1.Tasks/Delete", DeleteResponse.Parser, Process);

    public static readonly GrpcMethod<DeleteProcessRequest, DeleteResponse> DeleteProcess =
        Method<DeleteProcessRequest, DeleteResponse>("tasks.v1.Tasks/DeleteProcess", DeleteResponse.Parser, Process);

    public static readonly GrpcMethod<GetRequest, GetResponse> GetTask =
        Method<GetRequest, GetResponse>("tasks.v1.Tasks/Get", GetResponse.Parser);

    public static readonly GrpcMethod<ListTasksRequest, ListTasksResponse> ListTasks =
        Method<ListTasksRequest, ListTasksResponse>("tasks.v1.Tasks/List", ListTasksResponse.Parser);

    public static readonly GrpcMethod<KillRequest, Empty> KillTask =
        Method<KillRequest, Empty>("tasks.v1.Tasks/Kill", Empty.Parser, Process);

    public static readonly GrpcMethod<ExecProcessRequest, Empty> ExecProcess =
        Method<ExecProcessRequest, Empty>("tasks.v1.Tasks/Exec", Empty.Parser, Process);

    public static readonly GrpcMethod<WaitRequest, WaitResponse> WaitTask =
        Method<WaitRequest, WaitResponse>("tasks.v1.Tasks/Wait", WaitResponse.Parser, Unpack);

    /// <summary>A shell may stay open for days.</summary>
    public static readonly GrpcMethod<WaitRequest, WaitResponse> WaitExec =
        Method<WaitRequest, WaitResponse>("tasks.v1.Tasks/Wait", WaitResponse.Parser, Timeout.InfiniteTimeSpan);

    public static readonly GrpcMethod<CloseIORequest, Empty> CloseIO =
        Method<CloseIORequest, Empty>("tasks.v1.Tasks/CloseIO", Empty.Parser);

    public static readonly GrpcMethod<ResizePtyRequest, Empty> ResizePty =
        Method<ResizePtyRequest, Empty>("tasks.v1.Tasks/ResizePty", Empty.Parser);

    public static readonly GrpcMethod<Leases.CreateRequest, Leases.CreateResponse> CreateLease =
        Method<Leases.CreateRequest, Leases.CreateResponse>("leases.v1.Leases/Create", Leases.CreateResponse.Parser);

    public static readonly GrpcMethod<Leases.DeleteRequest, Empty> DeleteLease =
        Method<Leases.DeleteRequest, Empty>("leases.v1.Leases/Delete", Empty.Parser, Process);

    public static readonly GrpcMethod<SubscribeRequest, Envelope> Subscribe =
        Method<SubscribeRequest, Envelope>("events.v1.Events/Subscribe", Envelope.Parser);

    public static readonly GrpcMethod<PublishRequest, Empty> Publish =
        Method<PublishRequest, Empty>("events.v1.Events/Publish", Empty.Parser);

    private static GrpcMethod<TRequest, TResponse> Method<TRequest, TResponse>(
        string path, MessageParser<TResponse> answer, TimeSpan? deadline = null)
        where TRequest : IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        new(Root + path, answer, deadline ?? Quick);
}
