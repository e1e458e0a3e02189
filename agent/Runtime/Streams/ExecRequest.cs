namespace Edge.Agent.Runtime.Streams;

/// <summary>A command to be run in a running container, and which of its streams somebody is at.</summary>
internal sealed record ExecRequest(IReadOnlyList<string> Command, bool Input, bool Output, bool Error, bool Terminal);
