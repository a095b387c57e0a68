//! The names of all checks of the pre-flight.

use crate::model::words;

words! {
    /// A check of the pre-flight, by its permanent name.
    #[cfg_attr(test, schemars(rename = "PreflightId"))]
    Id {
        /// What the API server makes of the new pod.
        Rehearsal = "rehearsal",
        /// Whether the kind of the workload can be changed and restarted.
        Kind = "kind",
        /// Whether a new pod would be in the mesh.
        NotTaken = "not-taken",
        /// Ports without a protocol.
        PortUndeclared = "port-undeclared",
        /// Ports on which the server speaks first.
        ServerFirst = "server-first",
        /// A list of opaque ports that takes the place of Linkerd's own.
        OpaqueReplaces = "opaque-replaces",
        /// A port that is two protocols for two Services.
        PortTwoProtocols = "port-two-protocols",
        /// Ports of the proxy that the pod uses.
        ReservedPort = "reserved-port",
        /// Containers that run as the proxy's user.
        ProxyUid = "proxy-uid",
        /// Servers that listen on the loopback only.
        LocalhostBind = "localhost-bind",
        /// Ports that clients call and the Service has not.
        UndeclaredServicePort = "undeclared-service-port",
        /// Peers that call each other past a headless Service.
        HeadlessPeers = "headless-peers",
        /// Clients that dial pods themselves.
        PodIpClients = "pod-ip-clients",
        /// Ports that no mesh carries.
        UdpSctp = "udp-sctp",
        /// Ports with TLS of the application.
        AppTls = "app-tls",
        /// Services that are names only.
        ExternalName = "external-name",
        /// What the application sees of its clients' addresses.
        SourceIp = "source-ip",
        /// Addresses that Linkerd leaves alone.
        Ipv6 = "ipv6",
        /// Addresses outside of Linkerd's networks.
        ClusterNetworks = "cluster-networks",
        /// Jobs whose proxy runs on.
        JobNeverEnds = "job-never-ends",
        /// Init containers that run before the proxy.
        InitNeedsNetwork = "init-needs-network",
        /// Applications that dial before the proxy is up.
        StartOrder = "start-order",
        /// Pods that wait for a proxy that waits for them.
        AwaitDeadlock = "await-deadlock",
        /// Probes that Istio does not rewrite.
        ProbeRewrite = "probe-rewrite",
        /// Probes that Linkerd's policies refuse.
        ProbeLinkerd = "probe-linkerd",
        /// Probes that policies refuse in ambient.
        ProbeAmbient = "probe-ambient",
        /// What is cut when the pod ends.
        Drain = "drain",
        /// Tools that look for the proxy among the containers.
        ToolReadsContainers = "tool-reads-containers",
        /// Autoscalers that count the proxy's CPU.
        HpaCpu = "hpa-cpu",
        /// Annotations that take the place of the sidecar's resources.
        ProxyResourcesReplace = "proxy-resources-replace",
        /// Room for the proxies.
        Quota = "quota",
        /// Workloads with one pod.
        SingleReplica = "single-replica",
        /// Disruption budgets that are used up.
        Pdb = "pdb",
        /// Pods that wait for the old one to go.
        RwoSurge = "rwo-surge",
        /// Nodes that are no longer emptied.
        Autoscaler = "autoscaler",
        /// Connections that are cut.
        LiveConnections = "live-connections",
        /// Registries that the proxy's image does not come from.
        Image = "image",
        /// Pods in their node's network.
        HostNetwork = "host-network",
        /// Pod Security levels that refuse the proxy.
        PodSecurity = "pod-security",
        /// Clients without a proxy.
        ClientOutside = "client-outside",
        /// The API server as a client.
        ApiServerCaller = "api-server-caller",
        /// Prometheus as a client.
        Scrape = "scrape",
        /// ServiceAccounts of several workloads.
        SharedSa = "shared-sa",
        /// Services that lead to other workloads as well.
        SharedPods = "shared-pods",
        /// Calls out of the mesh.
        Egress = "egress",
        /// Namespaces that the control plane does not look at.
        Discovery = "discovery",
        /// Another mesh in the same pod.
        OtherMesh = "other-mesh",
        /// Injectors that do not answer.
        InjectorDown = "injector-down",
        /// Revisions and the labels that name them.
        Revision = "revision",
        /// NetworkPolicies that keep the proxy from what it needs.
        Dns = "dns",
        /// What is known of the software.
        KnownSoftware = "known-software",
        /// Who relies on the workload being in the mesh.
        Depends = "depends",
        /// Known calls that fare worse afterwards.
        Calls = "calls",
        /// Who would be refused if mutual TLS were demanded.
        StrictRefuses = "strict-refuses",
        /// What keeps that from being known.
        StrictUnproven = "strict-unproven",
        /// Who would be refused if only those were let in who are known to call.
        DenyRefuses = "deny-refuses",
        /// What keeps that from being known.
        DenyUnproven = "deny-unproven",
        /// What a waypoint takes.
        Waypoint = "waypoint",
    }
}
