//! What is said must not grow with the square of what is there: many objects that all meet each other are told with a few of the others and their number.

use crate::mesh::run;
use crate::relations::{RELATIONS, Relation};

fn said(relation: &Relation, objects: usize) -> usize {
    let text: Vec<String> = relation.objects(objects).map(|(_, text)| text).collect();
    let (_, out, _) = run(&[("a.yaml", text.join("\n---\n").as_bytes())], &["check", "-f", "a.yaml", "--all-rules", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(!relation.reported || findings.len() >= objects, "{}: each of them is reported: {}", relation.name, &out[..out.len().min(500)]);
    // Whoever names five of the others says how many more there are; a rule may pair some of them only.
    for finding in findings.iter().filter(|f| f["related"].as_array().is_some_and(|r| r.len() == 5)) {
        assert_eq!(finding["relatedMore"], objects - 1 - 5, "{}: {finding:#}", relation.name);
    }
    out.len()
}

#[test]
fn twice_the_objects_are_told_in_twice_the_words() {
    for relation in &RELATIONS {
        let (few, many) = (said(relation, 60), said(relation, 240));
        assert!(many < few * 5, "{}: {few} bytes became {many}", relation.name);
    }
}
