use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A controller says in an object's status that it could not do what the object asks for: a Gateway or one of its listeners is not accepted,
    /// programmed or resolved, a route is refused by a parent, an AuthorizationPolicy is not accepted by ztunnel or a waypoint, a Service is not
    /// bound to its waypoint, a BackendTLSPolicy is not accepted.
    ///
    /// # Why it matters
    ///
    /// This is the one place where the controller speaks: the object looks fine and does not work, or only in part.
    ///
    /// # How to fix it
    ///
    /// The reason and the message of the condition say what is missing.
    ///
    /// Sources: IST0171; istio `pkg/config/analysis/analyzers/conditions/conditions.go`. GWAPI; kiali `business/checkers/k8sgateways/status_checker.go`.
    "negative-status-condition",
    summary: "A controller reports that it cannot do what an object asks for",
    aliases: &["IST0171", "GWAPI"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Any,
    needs: &[Kind::Service, Kind::Gateway],
    run: run,
}

const WAYPOINT: &[&str] = &["istio.io/WaypointBound"];
const POLICY: &[&str] = &["ZtunnelAccepted", "WaypointAccepted"];
const GATEWAY_API: &[&str] = &["Accepted", "Programmed", "ResolvedRefs"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services() {
        for (i, condition) in service.status.conditions.iter().enumerate() {
            if condition.kind == WAYPOINT[0] && condition.status == "False" {
                let message = text(&condition.kind, &condition.reason, &condition.message);
                findings.add(service, format!("status.conditions[{i}]"), message, HINT).codes(&["IST0171"]);
            }
        }
    }
    let own_conditions = [(Kind::ServiceEntry, WAYPOINT), (Kind::WorkloadEntry, WAYPOINT), (Kind::AuthorizationPolicy, POLICY)];
    for (kind, types) in own_conditions {
        for object in world.index.objects(kind) {
            for condition in status(object).iter().flat_map(|s| s.list("conditions")) {
                let partial = condition.text("type") == "WaypointAccepted" && condition.text("reason") == "PartiallyInvalid";
                if is_negative(&condition, types) || (kind == Kind::AuthorizationPolicy && partial) {
                    add(findings, object, &condition, &["IST0171"]);
                }
            }
        }
    }
    for gateway in world.index.objects(Kind::Gateway) {
        gateway_conditions(findings, gateway);
    }
    let parts = [(Kind::ListenerSet, "listeners"), (Kind::BackendTlsPolicy, "ancestors")];
    for (object, part) in parts.iter().flat_map(|(kind, part)| world.index.objects(*kind).iter().map(move |o| (o, *part))) {
        let own = status(object).into_iter().flat_map(|s| s.list("conditions"));
        let of_parts = status(object).into_iter().flat_map(|s| s.list(part)).flat_map(|p| p.list("conditions"));
        for condition in own.chain(of_parts).filter(|c| is_negative(c, GATEWAY_API)) {
            add(findings, object, &condition, &[]);
        }
    }
    let routes = [
        (Kind::HttpRoute, true),
        (Kind::GrpcRoute, true),
        (Kind::TlsRoute, false),
        (Kind::TcpRoute, false),
        (Kind::UdpRoute, false),
        (Kind::LinkerdHttpRoute, false),
    ];
    for (kind, upstream_looks) in routes {
        for route in world.index.objects(kind) {
            let parents = status(route).into_iter().flat_map(|s| s.list("parents"));
            for condition in parents.flat_map(|p| p.list("conditions")).filter(|c| is_negative(c, GATEWAY_API)) {
                add(findings, route, &condition, if upstream_looks { &["IST0171"] } else { &[] });
            }
        }
    }
}

const HINT: &str = "Fix what the message names.";

/// istioctl reads a Gateway's own conditions, Kiali also its listeners', each with a list of its own.
fn gateway_conditions(findings: &mut Findings<'_>, gateway: &Object) {
    let Some(status) = status(gateway) else { return };
    for condition in status.list("conditions") {
        let istio = is_negative(&condition, GATEWAY_API);
        let kiali = is_negative(&condition, &["Accepted", "Programmed", "Ready", "Scheduled"]) && !is_passing(&condition);
        let codes: &[&'static str] = match (istio, kiali) {
            (true, true) => &["IST0171", "GWAPI"],
            (true, false) => &["IST0171"],
            (false, true) => &["GWAPI"],
            (false, false) => continue,
        };
        add(findings, gateway, &condition, codes);
    }
    for condition in status.list("listeners").flat_map(|l| l.list("conditions")) {
        let missing = is_negative(&condition, &["Accepted", "Programmed", "Ready", "ResolvedRefs"]) && !is_passing(&condition);
        let in_the_way = matches!(condition.text("type"), "Conflicted" | "Detached") && condition.text("status") == "True";
        if missing || in_the_way {
            add(findings, gateway, &condition, &["GWAPI"]);
        }
    }
}

fn status(object: &Object) -> Option<Field<'_>> {
    object.root().get("status")
}

fn is_negative(condition: &Field<'_>, types: &[&str]) -> bool {
    condition.text("status") == "False" && types.contains(&condition.text("type"))
}

/// Whether it is a state on the way rather than a fault of the spec.
fn is_passing(condition: &Field<'_>) -> bool {
    match condition.text("reason") {
        "Pending" | "ListenersNotValid" | "ListenerSetsNotValid" => true,
        "AddressNotAssigned" => condition.text("message").to_ascii_lowercase().contains("address pending"),
        _ => false,
    }
}

fn add<'f>(findings: &'f mut Findings<'_>, object: &Object, condition: &Field<'_>, codes: &[&'static str]) -> &'f mut crate::report::Finding {
    let status = condition.text("status");
    let mut message = text(condition.text("type"), condition.text("reason"), condition.text("message"));
    if status == "True" {
        message = message.replacen(" is false", " is true", 1);
    }
    findings.add(object, condition.path(), message, HINT).codes(codes)
}

fn text(kind: &str, reason: &str, message: &str) -> String {
    let words: Vec<&str> = [reason, message].into_iter().filter(|w| !w.is_empty()).collect();
    format!("condition {kind:?} is false: {}", if words.is_empty() { "no reason given".to_owned() } else { words.join(": ") })
}
