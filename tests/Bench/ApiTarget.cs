using System.Net.Security;

namespace Edge.Tests.Bench;

/// <summary>What an API's clients are let loose on: a process that listens on this machine's loopback.</summary>
internal sealed record ApiTarget(int Port, int Pid, SslClientAuthenticationOptions Tls);
