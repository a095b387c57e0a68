//! Known software by its images: which of its ports speak first, and which protocol they speak.

use super::Subject;

/// Annotation by which Linkerd takes the bytes of a port as they are.
pub(in crate::plan) const OPAQUE: &str = "config.linkerd.io/opaque-ports";
/// Ports that Linkerd takes so unless it is told otherwise.
pub(super) const OPAQUE_BY_DEFAULT: [u16; 8] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];
/// Ports whose servers speak first, or that no proxy understands.
pub(super) const SERVER_FIRST: [u16; 11] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211, 4222, 6222, 8222];
/// Ports that Istio takes for TCP where nothing is declared.
pub(super) const TCP_BY_DEFAULT: [u16; 4] = [25, 53, 3306, 27017];

/// A program, the words by which its images are known, and its ports that are no HTTP.
pub(super) struct Software {
    pub(super) name: &'static str,
    images: &'static [&'static str],
    pub(super) tcp: &'static [u16],
    /// What is more to be known in Istio, and in Linkerd.
    pub(super) istio: &'static str,
    pub(super) linkerd: &'static str,
}

const TABLE: &[Software] = &[
    Software {
        name: "MySQL or MariaDB",
        images: &["mysql", "mariadb", "percona", "galera"],
        tcp: &[3306, 4444, 4567, 4568],
        istio: "with Galera, every peer port has to be declared in the headless Service",
        linkerd: "ports 4567 and 4568 are skipped: they stay plaintext",
    },
    Software {
        name: "PostgreSQL",
        images: &["postgres", "postgresql", "timescaledb"],
        tcp: &[5432],
        istio: "no waypoint in front of it",
        linkerd: "",
    },
    Software {
        name: "Redis",
        images: &["redis", "valkey", "keydb"],
        tcp: &[6379, 26379],
        istio: "its replicas call each other by pod IP",
        linkerd: "charts bring NetworkPolicies without port 4143",
    },
    Software { name: "MongoDB", images: &["mongo", "mongodb"], tcp: &[27017], istio: "", linkerd: "" },
    Software { name: "Elasticsearch or OpenSearch", images: &["elasticsearch", "opensearch"], tcp: &[9300], istio: "", linkerd: "" },
    Software { name: "Kafka", images: &["kafka"], tcp: &[9092, 9093, 9094], istio: "the headless Service has to declare every port", linkerd: "" },
    Software {
        name: "ZooKeeper",
        images: &["zookeeper"],
        tcp: &[2181, 2888, 3888],
        istio: "the headless Service has to declare every port",
        linkerd: "",
    },
    Software {
        name: "Cassandra",
        images: &["cassandra", "scylla"],
        tcp: &[7000, 7001, 9042],
        istio: "its nodes call each other by pod IP",
        linkerd: "its nodes gossip by their own addresses",
    },
    Software { name: "RabbitMQ", images: &["rabbitmq"], tcp: &[5672, 4369, 25672], istio: "", linkerd: "" },
    Software { name: "NATS", images: &["nats"], tcp: &[4222, 6222, 8222], istio: "", linkerd: "" },
    Software { name: "Memcached", images: &["memcached"], tcp: &[11211], istio: "", linkerd: "" },
    Software { name: "a mail server", images: &["postfix", "smtp", "exim", "mailhog"], tcp: &[25, 587], istio: "", linkerd: "" },
];

/// The software in a workload's containers.
pub(super) fn of(subject: &Subject<'_>) -> Option<&'static Software> {
    let images = subject.containers().filter_map(|container| container["image"].as_str());
    let names: Vec<&str> = images.filter_map(|image| image.rsplit('/').next()).map(|name| name.split([':', '@']).next().unwrap_or(name)).collect();
    let is = |word: &&str| names.iter().any(|name| name.split('-').any(|part| part == *word));
    // An exporter beside a database speaks HTTP, and is none itself.
    let exporter = names.len() == 1 && names.iter().any(|name| name.contains("exporter") || name.contains("operator") || name.contains("ui"));
    TABLE.iter().find(|software| !exporter && software.images.iter().any(is))
}

/// Whether a port of the workload takes bytes that no proxy should look at.
pub(super) fn is_server_first(subject: &Subject<'_>, port: u16) -> bool {
    SERVER_FIRST.contains(&port) || of(subject).is_some_and(|software| software.tcp.contains(&port))
}
