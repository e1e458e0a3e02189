using System.Text;

namespace Edge.Agent.Network;

/// <summary>
/// Writes the node's whole nft table from the sandboxes that stand. The table is replaced in one transaction, so that
/// there is no moment without it, and nobody else's table is touched.
/// </summary>
internal static class RulesetPlan
{
    public const string Table = "edge";

    public static string Render(IEnumerable<SandboxRecord> sandboxes, string clusterCidr)
    {
        var routed = sandboxes.Where(sandbox => sandbox is { OwnNetwork: true, PodIp: not null })
            .OrderBy(sandbox => sandbox.Request.Uid, StringComparer.Ordinal).ToList();
        var everywhere = routed.SelectMany(sandbox => sandbox.Request.HostPorts.Where(HostPorts.OnEveryAddress)
            .Select(port => $"{Key(port)} : {sandbox.PodIp} . {port.ContainerPort}"));
        var addressed = routed.SelectMany(sandbox => sandbox.Request.HostPorts
            .Where(port => !HostPorts.OnEveryAddress(port))
            .Select(port => $"{port.HostIp} . {Key(port)} : {sandbox.PodIp} . {port.ContainerPort}"));
        var hairpin = routed.Where(sandbox => sandbox.Request.HostPorts.Count > 0)
            .Select(sandbox => $"{sandbox.PodIp} . {sandbox.PodIp}").Distinct();
        var pods = routed.Select(sandbox => sandbox.Request.PodCidr).OfType<string>().Distinct();

        return $$"""
            table ip {{Table}}
            delete table ip {{Table}}
            table ip {{Table}} {
              map everywhere {
                type inet_proto . inet_service : ipv4_addr . inet_service;{{Elements(everywhere)}}
              }
              map addressed {
                type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;{{Elements(addressed)}}
              }
              set hairpin { type ipv4_addr . ipv4_addr;{{Elements(hairpin)}} }
              set pods { type ipv4_addr; flags interval; auto-merge;{{Elements(pods)}} }

              # Host ports, for packets from outside and from the node itself.
              chain host-ports {
                dnat ip to ip daddr . meta l4proto . th dport map @addressed
                dnat ip to meta l4proto . th dport map @everywhere
              }
              chain prerouting {
                type nat hook prerouting priority -100; policy accept;
                fib daddr type local jump host-ports
              }
              chain output {
                type nat hook output priority -100; policy accept;
                fib daddr type local jump host-ports
              }

              # A pod that reaches itself through the node, the node's loopback, and pods that leave the pod network
              # need the node's address as their source, or the answer goes elsewhere.
              chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr . ip daddr @hairpin masquerade
                ip saddr 127.0.0.0/8 ip daddr @pods masquerade
                ip saddr @pods ip daddr != {{clusterCidr}} ip daddr != 224.0.0.0/4 masquerade
              }

              # route_localnet, which loopback host ports need, must not let anybody reach the node's loopback.
              chain guard {
                type filter hook prerouting priority -300; policy accept;
                iifname != "lo" ip daddr 127.0.0.0/8 drop
              }
            }

            """;
    }

    private static string Key(HostPort port) => $"{port.Protocol.ToLowerInvariant()} . {port.Port}";

    private static string Elements(IEnumerable<string> elements)
    {
        var text = new StringBuilder().AppendJoin(", ", elements);
        return text.Length == 0 ? "" : $" elements = {{ {text} }};";
    }
}
