namespace Edge.Proto.Model;

/// <summary>A health check of a container (core/v1 Probe); times are in seconds.</summary>
public sealed record Probe
{
    public ExecAction? Exec { get; init; }
    public HttpGetAction? HttpGet { get; init; }
    public TcpSocketAction? TcpSocket { get; init; }
    public GrpcAction? Grpc { get; init; }
    public int? InitialDelaySeconds { get; init; }
    public int? TimeoutSeconds { get; init; }
    public int? PeriodSeconds { get; init; }
    public int? SuccessThreshold { get; init; }
    public int? FailureThreshold { get; init; }
    public long? TerminationGracePeriodSeconds { get; init; }
}

/// <summary>A command run inside the container; exit status 0 is success (core/v1 ExecAction).</summary>
public sealed record ExecAction
{
    public IReadOnlyList<string>? Command { get; init; }
}

/// <summary>An HTTP GET; 200 to 399 is success (core/v1 HTTPGetAction).</summary>
public sealed record HttpGetAction
{
    public string? Path { get; init; }
    public IntOrString Port { get; init; }
    public string? Host { get; init; }

    /// <summary><c>HTTP</c> or <c>HTTPS</c>.</summary>
    public string? Scheme { get; init; }
    public IReadOnlyList<HttpHeader>? HttpHeaders { get; init; }
}

/// <summary>A header of a probe's request (core/v1 HTTPHeader).</summary>
public sealed record HttpHeader
{
    public string Name { get => field ?? ""; init; }
    public string Value { get => field ?? ""; init; }
}

/// <summary>A TCP connect; success when it opens (core/v1 TCPSocketAction).</summary>
public sealed record TcpSocketAction
{
    public IntOrString Port { get; init; }
    public string? Host { get; init; }
}

/// <summary>A gRPC health check (core/v1 GRPCAction).</summary>
public sealed record GrpcAction
{
    public int Port { get; init; }
    public string? Service { get; init; }
}
