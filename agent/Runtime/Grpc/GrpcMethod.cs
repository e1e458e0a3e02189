using Google.Protobuf;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>One method of the daemon: its path, how to read its answer, and how long it may take.</summary>
internal sealed record GrpcMethod<TRequest, TResponse>(
    string Path, MessageParser<TResponse> Answer, TimeSpan Deadline)
    where TRequest : IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>;
