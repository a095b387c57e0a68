//! Dumps of our own, as small as what they show lets them be.

use super::listener::Routes;
use super::*;

const DUMP: &str = include_str!("../../../fuzz/seeds/envoy/dump.json");
const CLUSTERS: &str = include_str!("../../../fuzz/seeds/envoy/clusters.json");

fn read(text: &str) -> Answers {
    let mut answers = Answers::default();
    answers.read(text.as_bytes(), &Section::ALL, None).unwrap();
    answers
}

#[test]
fn what_waits_and_what_is_leaving_is_there_beside_what_is_in_use() {
    let answers = read(DUMP);
    let at = |stage| answers.listeners.iter().filter(|l| l.stage == stage).map(|l| l.name.as_str()).collect::<Vec<_>>();
    assert_eq!(at(Stage::Active), ["virtualInbound", "0.0.0.0_8080"]);
    assert_eq!((at(Stage::Warming), at(Stage::Draining)), (vec!["0.0.0.0_8080"], vec!["0.0.0.0_8080"]));
    let warming: Vec<&str> = answers.clusters.iter().filter(|c| c.stage == Stage::Warming).map(|c| c.name.as_str()).collect();
    assert_eq!(warming, ["outbound|9090||late.shop.svc.cluster.local"]);
    assert_eq!(answers.clusters.len(), 7);
}

#[test]
fn a_refused_listener_has_its_name_from_what_was_refused_and_says_whether_an_older_one_serves() {
    let rejected = read(DUMP).rejected;
    let told: Vec<(&str, bool, &str)> = rejected.iter().map(|r| (r.name.as_str(), r.serving, r.details.as_str())).collect();
    assert_eq!(told, [("0.0.0.0_8080", true, "unknown filter 'shop.lua'"), ("broken", false, "no")]);
}

#[test]
fn the_chains_of_a_listener_say_what_they_take_who_may_and_where_it_leads() {
    let answers = read(DUMP);
    let chains = &answers.listeners[0].chains;
    assert_eq!(chains.iter().map(|chain| chain.tls.is_some()).collect::<Vec<_>>(), [true, false, false]);
    assert!(chains[0].tls.as_ref().is_some_and(|tls| tls.wants_certificate));
    let policies = |nth: usize| chains[nth].rbac().cloned().collect::<Vec<_>>();
    assert_eq!((policies(0)[0].action.as_str(), policies(0)[0].policies[0].as_str()), ("ALLOW", "ns[shop]-policy[cart-allow]-rule[0]"));
    assert_eq!((policies(1)[0].action.as_str(), policies(1)[0].shadow[0].as_str()), ("DENY", "ns[shop]-policy[dry]-rule[0]"));
    assert!(matches!(&chains[0].filters[1], Filter::Http(http) if matches!(&http.routes, Routes::Inline(table) if table.name == "inbound|8080||")));
}

#[test]
fn a_section_by_itself_and_one_element_are_read_as_in_the_whole() {
    let whole: serde_json::Value = serde_json::from_str(DUMP).unwrap();
    let section = read(&whole["configs"][1].to_string());
    assert_eq!((section.clusters.len(), section.sections.len()), (7, 1));
    let element = read(include_str!("../../../fuzz/seeds/envoy/elements.json"));
    assert_eq!((element.clusters[0].name.as_str(), element.listeners[0].addresses[0].to_string().as_str()), ("outbound|80||a.b", "envoy://x"));
    let mut asked = Answers::default();
    let answer = r#"{"configs":[{"@type":"x","cluster":{"name":"a"}},{"cluster":{"name":"b"}}]}"#;
    asked.read(answer.as_bytes(), &[Section::Clusters], Some(List::WarmingClusters)).unwrap();
    assert_eq!(asked.clusters.iter().map(|c| (c.stage, c.name.as_str())).collect::<Vec<_>>(), [(Stage::Warming, "a"), (Stage::Warming, "b")]);
}

#[test]
fn an_empty_answer_is_no_foreign_one() {
    assert!(read("{}").is_foreign() && read(r#"{"kind":"Pod","metadata":{}}"#).is_foreign());
    assert!(!read(r#"{"configs":[]}"#).is_foreign());
    assert!(!read(r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.RoutesConfigDump"}]}"#).is_foreign());
    assert!(!read(r#"{"version":"a/1.36.4/Clean/RELEASE/BoringSSL","state":"LIVE"}"#).is_foreign());
}

#[test]
fn several_sections_of_a_type_are_added_and_strange_ones_are_named() {
    let answers = read(DUMP);
    assert_eq!(answers.extensions.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(answers.strange.iter().map(Str::as_str).collect::<Vec<_>>(), ["type.googleapis.com/shop.v1.OwnConfigDump"]);
    assert!(answers.undecoded.is_empty(), "{:?}", answers.undecoded);
}

#[test]
fn an_element_that_makes_no_sense_does_not_hide_the_others() {
    let answers = read(r#"{"dynamic_active_clusters":[{"cluster":{"name":[]}},7,{"cluster":{"name":"a"}}]}"#);
    assert_eq!((answers.clusters.len(), answers.undecoded.len(), answers.undecoded[1].nth), (1, 2, 2));
}

#[test]
fn a_host_that_outlier_detection_ejected_is_not_used_though_istiod_calls_it_healthy() {
    let answers = read(CLUSTERS);
    let used: Vec<(String, bool)> = answers.hosts.iter().map(|host| (host.address.to_string(), host.health.is_usable())).collect();
    let expected = [("10.1.2.4:8080", false), ("10.1.2.5:8080", true), ("10.1.2.6:8080", false), ("unix://./etc/istio/proxy/XDS", true)];
    assert_eq!(used, expected.map(|(address, is)| (address.to_owned(), is)));
    assert_eq!(answers.hosts[0].counts, endpoint::Counts { requests: 10, errors: 3, connect_failures: 2 });
    assert_eq!(answers.hosts[0].health.faults().collect::<Vec<_>>(), ["ejected"]);
}

#[test]
fn of_a_secret_only_certificates_are_read() {
    let answers = read(DUMP);
    assert!(!format!("{answers:?}").contains("planted"));
    let content = |name: &str| &answers.secrets.iter().find(|s| s.name == name).unwrap().content;
    assert!(matches!(content("default"), Content::Nothing));
    assert!(matches!(content("shown"), Content::Chain(Err(why)) if why.contains("/etc/certs/cert.pem")));
    assert!(matches!(content("ROOTCA"), Content::Roots(Err(_))));
}

#[test]
fn names_of_objects_are_those_that_istioctl_shows() {
    let made = |text: &str| MadeOf(text.into());
    let rule = made("/apis/networking.istio.io/v1alpha3/namespaces/shop/destination-rule/db");
    assert_eq!((rule.short().as_str(), rule.object().unwrap().to_string().as_str()), ("db.shop", "DestinationRule shop/db"));
    assert_eq!((made("/apis/networking.istio.io/v1/x").short(), made("else").short()), (String::new(), "<unknown>".to_owned()));
}

#[test]
fn a_dump_that_ends_early_is_an_error_wherever_it_ends() {
    for end in (1..DUMP.trim_end().len()).step_by(97) {
        assert!(Answers::default().read(&DUMP.as_bytes()[..end], &Section::ALL, None).is_err(), "{end}");
    }
    let deep = "[".repeat(100_000);
    assert!(Answers::default().read(deep.as_bytes(), &Section::ALL, None).is_err());
    assert!(Answers::default().read(format!(r#"{{"dynamic_listeners":[{deep}"#).as_bytes(), &Section::ALL, None).is_err());
}

#[test]
fn memory_is_told_in_strings() {
    let memory: Memory = serde_json::from_str(r#"{"allocated":"7","heap_size":"9","total_physical_bytes":"11"}"#).unwrap();
    assert_eq!(memory.total_physical_bytes, 11);
}
