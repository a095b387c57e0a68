//! Envoy's messages that patches hold, and their common parts: names and types of fields, from Envoy's API reference (v3, January 2026).
//!
//! A type is `s` text, `b` true or false, `i` a whole number, `n` a number, `d` a duration, `o` a map that is not looked into, `@` a message
//! with its type, or the name of a message or of words below; `*` stands before lists, `%` before maps.

/// Messages and their fields.
pub(in crate::checks) const MESSAGES: &[(&str, &str)] = &[
    (
        "Listener",
        "name:s address:Address additional_addresses:*o stat_prefix:s filter_chains:*FilterChain fcds_config:o filter_chain_matcher:o \
         use_original_dst:b default_filter_chain:FilterChain per_connection_buffer_limit_bytes:i metadata:o deprecated_v1:o \
         drain_type:DrainType listener_filters:*ListenerFilter listener_filters_timeout:d continue_on_listener_filters_timeout:b \
         transparent:b freebind:b socket_options:*o tcp_fast_open_queue_length:i traffic_direction:TrafficDirection udp_listener_config:o \
         api_listener:o connection_balance_config:o reuse_port:b enable_reuse_port:b access_log:*o tcp_backlog_size:i \
         max_connections_to_accept_per_socket_event:i bind_to_port:b internal_listener:o enable_mptcp:b ignore_global_conn_limit:b \
         bypass_overload_manager:b tcp_keepalive:o",
    ),
    (
        "FilterChain",
        "filter_chain_match:FilterChainMatch filters:*Filter use_proxy_proto:b metadata:o transport_socket:TransportSocket \
         transport_socket_connect_timeout:d name:s",
    ),
    (
        "FilterChainMatch",
        "destination_port:i prefix_ranges:*o address_suffix:s suffix_len:i direct_source_prefix_ranges:*o \
         source_type:ConnectionSourceType source_prefix_ranges:*o source_ports:*i server_names:*s transport_protocol:s \
         application_protocols:*s",
    ),
    ("Filter", "name:s typed_config:@ config_discovery:o"),
    ("ListenerFilter", "name:s typed_config:@ config_discovery:o filter_disabled:o"),
    ("HttpFilter", "name:s typed_config:@ config_discovery:o is_optional:b disabled:b"),
    ("Address", "socket_address:SocketAddress pipe:o envoy_internal_address:o"),
    ("SocketAddress", "protocol:Protocol address:s port_value:i named_port:s resolver_name:s ipv4_compat:b network_namespace_filepath:s"),
    ("TransportSocket", "name:s typed_config:@"),
    ("TypedExtensionConfig", "name:s typed_config:@"),
    ("HeaderValueOption", "header:HeaderValue append:b append_action:HeaderAppendAction keep_empty_value:b"),
    ("HeaderValue", "key:s value:s raw_value:s"),
    (
        "RouteConfiguration",
        "name:s virtual_hosts:*VirtualHost vhds:o internal_only_headers:*s response_headers_to_add:*HeaderValueOption \
         response_headers_to_remove:*s request_headers_to_add:*HeaderValueOption request_headers_to_remove:*s \
         most_specific_header_mutations_wins:b validate_clusters:b max_direct_response_body_size_bytes:i cluster_specifier_plugins:*o \
         request_mirror_policies:*o ignore_port_in_host_matching:b vhost_header:s ignore_path_parameters_in_path_matching:b \
         typed_per_filter_config:%@ metadata:o",
    ),
    (
        "VirtualHost",
        "name:s domains:*s routes:*Route matcher:o require_tls:TlsRequirementType virtual_clusters:*o rate_limits:*o \
         request_headers_to_add:*HeaderValueOption request_headers_to_remove:*s response_headers_to_add:*HeaderValueOption \
         response_headers_to_remove:*s cors:o typed_per_filter_config:%@ include_request_attempt_count:b \
         include_attempt_count_in_response:b retry_policy:RetryPolicy retry_policy_typed_config:@ hedge_policy:o \
         include_is_timeout_retry_header:b per_request_buffer_limit_bytes:i request_body_buffer_limit:i request_mirror_policies:*o \
         metadata:o",
    ),
    (
        "Route",
        "name:s match:RouteMatch route:RouteAction redirect:RedirectAction direct_response:DirectResponseAction filter_action:o \
         non_forwarding_action:o metadata:o decorator:o typed_per_filter_config:%@ request_headers_to_add:*HeaderValueOption \
         request_headers_to_remove:*s response_headers_to_add:*HeaderValueOption response_headers_to_remove:*s tracing:o \
         per_request_buffer_limit_bytes:i stat_prefix:s request_body_buffer_limit:i",
    ),
    (
        "RouteMatch",
        "prefix:s path:s safe_regex:o connect_matcher:o path_separated_prefix:s path_match_policy:TypedExtensionConfig case_sensitive:b \
         runtime_fraction:o headers:*o query_parameters:*o cookies:*o grpc:o tls_context:o dynamic_metadata:*o filter_state:*o",
    ),
    (
        "RouteAction",
        "cluster:s cluster_header:s weighted_clusters:WeightedCluster cluster_specifier_plugin:s inline_cluster_specifier_plugin:o \
         cluster_not_found_response_code:ClusterNotFoundResponseCode metadata_match:o prefix_rewrite:s regex_rewrite:o \
         path_rewrite_policy:TypedExtensionConfig path_rewrite:s host_rewrite_literal:s auto_host_rewrite:b host_rewrite_header:s \
         host_rewrite_path_regex:o host_rewrite:s append_x_forwarded_host:b timeout:d idle_timeout:d flush_timeout:d \
         early_data_policy:TypedExtensionConfig retry_policy:RetryPolicy retry_policy_typed_config:@ request_mirror_policies:*o \
         priority:RoutingPriority rate_limits:*o include_vh_rate_limits:b hash_policy:*o cors:o max_grpc_timeout:d grpc_timeout_offset:d \
         upgrade_configs:*o internal_redirect_policy:o internal_redirect_action:InternalRedirectAction max_internal_redirects:i \
         hedge_policy:o max_stream_duration:o",
    ),
    (
        "RedirectAction",
        "https_redirect:b scheme_redirect:s host_redirect:s port_redirect:i path_redirect:s prefix_rewrite:s regex_rewrite:o \
         response_code:RedirectResponseCode strip_query:b",
    ),
    ("DirectResponseAction", "status:i body:o body_format:o"),
    (
        "RetryPolicy",
        "retry_on:s num_retries:i per_try_timeout:d per_try_idle_timeout:d retry_priority:o retry_host_predicate:*o \
         retry_options_predicates:*TypedExtensionConfig host_selection_retry_max_attempts:i retriable_status_codes:*i retry_back_off:o \
         rate_limited_retry_back_off:o retriable_headers:*o retriable_request_headers:*o",
    ),
    ("WeightedCluster", "clusters:*ClusterWeight total_weight:i runtime_key_prefix:s header_name:s use_hash_policy:b"),
    (
        "ClusterWeight",
        "name:s cluster_header:s weight:i metadata_match:o request_headers_to_add:*HeaderValueOption request_headers_to_remove:*s \
         response_headers_to_add:*HeaderValueOption response_headers_to_remove:*s typed_per_filter_config:%@ host_rewrite_literal:s",
    ),
    (
        "Cluster",
        "transport_socket_matches:*TransportSocketMatch transport_socket_matcher:o name:s alt_stat_name:s type:DiscoveryType \
         cluster_type:CustomClusterType eds_cluster_config:o connect_timeout:d per_connection_buffer_limit_bytes:i lb_policy:LbPolicy \
         load_assignment:ClusterLoadAssignment health_checks:*o max_requests_per_connection:i circuit_breakers:CircuitBreakers \
         upstream_http_protocol_options:o common_http_protocol_options:o http_protocol_options:o http2_protocol_options:o \
         typed_extension_protocol_options:%@ dns_refresh_rate:d dns_jitter:d dns_failure_refresh_rate:o respect_dns_ttl:b \
         dns_lookup_family:DnsLookupFamily dns_resolvers:*Address use_tcp_for_dns_lookups:b dns_resolution_config:o \
         typed_dns_resolver_config:TypedExtensionConfig wait_for_warm_on_init:b outlier_detection:OutlierDetection cleanup_interval:d \
         upstream_bind_config:o lb_subset_config:o ring_hash_lb_config:o maglev_lb_config:o original_dst_lb_config:o \
         least_request_lb_config:o round_robin_lb_config:o common_lb_config:o transport_socket:TransportSocket metadata:o \
         protocol_selection:ClusterProtocolSelection upstream_connection_options:o close_connections_on_host_health_failure:b \
         ignore_health_on_host_removal:b filters:*Filter load_balancing_policy:o lrs_server:o lrs_report_endpoint_metrics:*s \
         track_timeout_budgets:b upstream_config:TypedExtensionConfig track_cluster_stats:o preconnect_policy:o \
         connection_pool_per_downstream_connection:b",
    ),
    ("CustomClusterType", "name:s typed_config:@"),
    ("TransportSocketMatch", "name:s match:o transport_socket:TransportSocket"),
    ("CircuitBreakers", "thresholds:*Thresholds per_host_thresholds:*Thresholds"),
    (
        "Thresholds",
        "priority:RoutingPriority max_connections:i max_pending_requests:i max_requests:i max_retries:i retry_budget:o track_remaining:b \
         max_connection_pools:i",
    ),
    (
        "OutlierDetection",
        "consecutive_5xx:i interval:d base_ejection_time:d max_ejection_percent:i enforcing_consecutive_5xx:i enforcing_success_rate:i \
         success_rate_minimum_hosts:i success_rate_request_volume:i success_rate_stdev_factor:i consecutive_gateway_failure:i \
         enforcing_consecutive_gateway_failure:i split_external_local_origin_errors:b consecutive_local_origin_failure:i \
         enforcing_consecutive_local_origin_failure:i enforcing_local_origin_success_rate:i failure_percentage_threshold:i \
         enforcing_failure_percentage:i enforcing_failure_percentage_local_origin:i failure_percentage_minimum_hosts:i \
         failure_percentage_request_volume:i max_ejection_time:d max_ejection_time_jitter:d successful_active_health_check_uneject_host:b \
         monitors:*TypedExtensionConfig always_eject_one_host:b",
    ),
    ("ClusterLoadAssignment", "cluster_name:s endpoints:*LocalityLbEndpoints named_endpoints:%Endpoint policy:o"),
    (
        "LocalityLbEndpoints",
        "locality:o metadata:o lb_endpoints:*LbEndpoint load_balancer_endpoints:o leds_cluster_locality_config:o load_balancing_weight:i \
         priority:i proximity:i",
    ),
    ("LbEndpoint", "endpoint:Endpoint endpoint_name:s health_status:HealthStatus metadata:o load_balancing_weight:i"),
    ("Endpoint", "address:Address health_check_config:o hostname:s additional_addresses:*o"),
    (
        "Bootstrap",
        "node:o node_context_params:*s static_resources:StaticResources dynamic_resources:o cluster_manager:o hds_config:o flags_path:s \
         stats_sinks:*o deferred_stat_options:o stats_config:o stats_flush_interval:d stats_flush_on_admin:b stats_eviction_interval:d \
         watchdog:o watchdogs:o tracing:o layered_runtime:o admin:o overload_manager:o enable_dispatcher_stats:b header_prefix:s \
         stats_server_version_override:i use_tcp_for_dns_lookups:b dns_resolution_config:o typed_dns_resolver_config:TypedExtensionConfig \
         bootstrap_extensions:*TypedExtensionConfig fatal_actions:*o config_sources:*o default_config_source:o default_socket_interface:s \
         certificate_provider_instances:%TypedExtensionConfig inline_headers:*o perf_tracing_file_path:s \
         default_regex_engine:TypedExtensionConfig xds_delegate_extension:TypedExtensionConfig \
         xds_config_tracker_extension:TypedExtensionConfig listener_manager:TypedExtensionConfig application_log_config:o \
         grpc_async_client_manager_config:o memory_allocator_manager:o",
    ),
    ("StaticResources", "listeners:*Listener clusters:*Cluster secrets:*o"),
];

/// Types whose values are one of a few words.
pub(in crate::checks) const WORDS: &[(&str, &str)] = &[
    ("ClusterNotFoundResponseCode", "SERVICE_UNAVAILABLE NOT_FOUND INTERNAL_SERVER_ERROR"),
    ("ClusterProtocolSelection", "USE_CONFIGURED_PROTOCOL USE_DOWNSTREAM_PROTOCOL"),
    ("ConnectionSourceType", "ANY SAME_IP_OR_LOOPBACK EXTERNAL"),
    ("DiscoveryType", "STATIC STRICT_DNS LOGICAL_DNS EDS ORIGINAL_DST"),
    ("DnsLookupFamily", "AUTO V4_ONLY V6_ONLY V4_PREFERRED ALL"),
    ("DrainType", "DEFAULT MODIFY_ONLY"),
    ("HeaderAppendAction", "APPEND_IF_EXISTS_OR_ADD ADD_IF_ABSENT OVERWRITE_IF_EXISTS_OR_ADD OVERWRITE_IF_EXISTS"),
    ("HealthStatus", "UNKNOWN HEALTHY UNHEALTHY DRAINING TIMEOUT DEGRADED"),
    ("InternalRedirectAction", "PASS_THROUGH_INTERNAL_REDIRECT HANDLE_INTERNAL_REDIRECT"),
    ("LbPolicy", "ROUND_ROBIN LEAST_REQUEST RING_HASH RANDOM MAGLEV CLUSTER_PROVIDED LOAD_BALANCING_POLICY_CONFIG"),
    ("Protocol", "TCP UDP"),
    ("RedirectResponseCode", "MOVED_PERMANENTLY FOUND SEE_OTHER TEMPORARY_REDIRECT PERMANENT_REDIRECT"),
    ("RoutingPriority", "DEFAULT HIGH"),
    ("TlsRequirementType", "NONE EXTERNAL_ONLY ALL"),
    ("TrafficDirection", "UNSPECIFIED INBOUND OUTBOUND"),
];

/// Fields of which a message has one at most.
pub(in crate::checks) const EITHER: &[(&str, &str)] = &[
    ("Address", "socket_address pipe envoy_internal_address"),
    ("Cluster", "type cluster_type"),
    ("Filter", "typed_config config_discovery"),
    ("HttpFilter", "typed_config config_discovery"),
    ("LbEndpoint", "endpoint endpoint_name"),
    ("ListenerFilter", "typed_config config_discovery"),
    ("RedirectAction", "path_redirect prefix_rewrite regex_rewrite"),
    ("RedirectAction", "https_redirect scheme_redirect"),
    ("Route", "route redirect direct_response filter_action non_forwarding_action"),
    ("RouteAction", "cluster cluster_header weighted_clusters cluster_specifier_plugin inline_cluster_specifier_plugin"),
    ("RouteAction", "host_rewrite_literal auto_host_rewrite host_rewrite_header host_rewrite_path_regex host_rewrite"),
    ("RouteMatch", "prefix path safe_regex connect_matcher path_separated_prefix path_match_policy"),
    ("SocketAddress", "port_value named_port"),
];

/// What a patch holds, by what it applies to.
pub(in crate::checks) const PATCHED: &[(&str, &str)] = &[
    ("BOOTSTRAP", "Bootstrap"),
    ("CLUSTER", "Cluster"),
    ("EXTENSION_CONFIG", "TypedExtensionConfig"),
    ("FILTER_CHAIN", "FilterChain"),
    ("HTTP_FILTER", "HttpFilter"),
    ("HTTP_ROUTE", "Route"),
    ("LISTENER", "Listener"),
    ("LISTENER_FILTER", "ListenerFilter"),
    ("NETWORK_FILTER", "Filter"),
    ("ROUTE_CONFIGURATION", "RouteConfiguration"),
    ("VIRTUAL_HOST", "VirtualHost"),
];

#[cfg(test)]
mod tests {
    use super::{EITHER, MESSAGES, PATCHED, WORDS};

    #[test]
    fn every_name_that_is_used_is_there() {
        let known = |name: &str| "sbindo@".contains(name) || MESSAGES.iter().chain(WORDS).any(|(known, _)| *known == name);
        for (message, fields) in MESSAGES {
            for field in fields.split(' ') {
                let (_, kind) = field.split_once(':').unwrap_or_default();
                assert!(known(kind.trim_start_matches(['*', '%'])), "{message}.{field}");
            }
        }
        for (message, group) in EITHER {
            let fields = MESSAGES.iter().find(|(known, _)| known == message).map(|(_, fields)| *fields).unwrap_or_default();
            assert!(group.split(' ').all(|name| fields.split(' ').any(|f| f.starts_with(&format!("{name}:")))), "{message}: {group}");
        }
        assert!(PATCHED.iter().all(|(_, message)| known(message)));
    }
}
