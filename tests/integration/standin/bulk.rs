//! The generator of big clusters that benchmarks read.

use crate::apiserver::bulk::Bulk;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use std::collections::BTreeSet;

#[test]
fn pages_of_synthetic_pods_add_up() {
    let bulk = Bulk::new(95, 4);
    let size = bulk.pod_bytes() / 95;
    assert!((20_000..30_000).contains(&size), "a pod has {size} bytes");
    bulk.prepare(20);
    let server = bulk.serve();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let config = kube::Config::new(server.url().parse().unwrap());
        let api: Api<Pod> = Api::all(kube::Client::try_from(config).unwrap());
        let mut params = ListParams::default().limit(20);
        let mut seen = BTreeSet::new();
        let mut pages = 0;
        loop {
            let page = api.list(&params).await.unwrap();
            pages += 1;
            seen.extend(page.items.into_iter().map(|pod| (pod.metadata.namespace, pod.metadata.name)));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => break,
            }
        }
        assert_eq!((pages, seen.len()), (5, 95));
        assert_eq!(Api::<Pod>::namespaced(api.into_client(), "ns-3").list(&ListParams::default()).await.unwrap().items.len(), 23);
    });
}
