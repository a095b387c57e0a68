//! Secrets planted wherever people put them: none is in a snapshot, and none in what is said about an object that does not decode.

use std::io::Read as _;

use crate::mesh::{mesh, run, said};

/// Every `planted` is one; what stands beside is what rules read.
const PLANTED: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop, annotations: {note: planted}}
type: kubernetes.io/tls
data: {tls.crt: cGxhbnRlZA==, tls.key: cGxhbnRlZA==, other: cGxhbnRlZA==}
stringData: {password: planted, tls.crt: planted}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system, annotations: {kubectl.kubernetes.io/last-applied-configuration: planted}}
data:
  mesh: |
    trustDomain: cluster.local
    defaultConfig:
      proxyMetadata: {API_TOKEN: planted, DB: planted}
      tracing: {lightstep: {address: "x:1", accessToken: planted}, customTags: {a: {literal: {value: "Bearer planted-planted"}}}}
    extensionProviders:
    - name: otel
      envoyOtelAls: {service: a, port: 1, http: {path: "/x?api_key=planted", headers: [{name: Authorization, value: planted}, {name: x-team-secret, value: planted}]}}
    - name: ext
      envoyExtAuthzHttp: {service: "https://me:planted@host", headersToDownstreamOnDeny: [a], includeAdditionalHeadersInCheck: {authorization: planted, x-api-key: planted}}
  secret-file: planted
  other: planted
binaryData: {blob: cGxhbnRlZA==, text: planted}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system}
data:
  config: |
    policy: enabled
    templates: {sidecar: "env: planted", other: planted}
    custom: {deep: [planted]}
  values: |
    {"global": {"proxy": {"clusterDomain": "cluster.local"}, "imagePullToken": "planted", "password": "planted", "dbPassword": "planted"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: linkerd-config, namespace: linkerd}
data:
  values: |
    clusterDomain: cluster.local
    identity: {issuer: {tls: {keyPEM: planted, crtPEM: x}}}
    webhook: {keyPEM: "-----BEGIN EC PRIVATE KEY----- planted"}
    grafana: {adminPassword: planted, api-key: planted, client_secret: planted}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, annotations: {deployer: planted, checksum/config: planted}}
spec:
  template:
    metadata:
      annotations:
        vault.hashicorp.com/agent-inject-token: planted
        proxy.istio.io/config: "proxyMetadata: {TOKEN: planted, AWS_SECRET: planted}"
    spec:
      volumes: [{name: v, secret: {secretName: x}}]
      initContainers: [{name: i, image: i, command: [sh, -c, "export A=planted"], args: ["--token=planted"], env: [{name: B, value: planted}]}]
      containers:
      - name: cart
        image: "registry/cart:1"
        command: ["run", "--password", "planted"]
        args: ["--dsn=postgres://u:planted@db/x", "--key", "planted"]
        env: [{name: DB_PASSWORD, value: planted}, {name: URL, value: "https://u:planted@h"}, {name: ORDINARY, value: planted}]
        lifecycle: {preStop: {exec: {command: [curl, "-H", "Authorization: planted"]}}}
        livenessProbe: {httpGet: {path: /, port: 80, httpHeaders: [{name: Authorization, value: planted}, {name: X-Probe-Token, value: planted}]}}
        readinessProbe: {exec: {command: [sh, -c, planted]}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop, annotations: {a: planted, sidecar.istio.io/status: "{}"}, managedFields: [{manager: planted}]}
spec: {containers: [{name: a, image: a, env: [{name: TOKEN, value: planted}], args: ["planted"], command: [planted]}]}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: lua, namespace: shop}
spec:
  configPatches:
  - applyTo: HTTP_FILTER
    patch:
      operation: INSERT_BEFORE
      value:
        name: envoy.filters.http.lua
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
          inlineCode: "local key = 'planted'"
          default_source_code: {inline_string: planted}
          source_codes: {a.lua: {inline_string: planted}, b.lua: {inline_string: planted}, c.lua: {inline_string: planted}, d.lua: {inline_string: planted}}
  - applyTo: CLUSTER
    patch: {operation: ADD, value: {name: c, transport_socket: {typed_config: {common_tls_context: {tls_certificates: [{private_key: {inline_string: planted}, password: {inline_bytes: cGxhbnRlZA==}}]}}}}}
  - applyTo: HTTP_FILTER
    patch: {operation: ADD, value: {typed_config: {http_service: {authorization_request: {headers_to_add: [{key: x, value: planted}]}}, token_secret: planted}}}
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: wasm, namespace: shop}
spec:
  url: oci://user:planted@registry/plugin
  imagePullSecret: pull
  verificationKey: key
  pluginConfig: {token: planted, nested: {anything: planted, list: [planted, {more: planted}, planted, {a: {b: planted}}]}, c: planted, d: planted}
  vmConfig: {env: [{name: KEY, value: planted}, {name: OTHER, valueFrom: INLINE, value: planted}]}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: jwt, namespace: shop}
spec:
  jwtRules:
  - issuer: a
    jwks: '{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"planted","p":"planted","q":"planted","dp":"planted","dq":"planted","qi":"planted"},{"kty":"oct","k":"planted"}]}'
  - {issuer: b, jwksUri: "https://u:planted@issuer/keys?sig=planted"}
  - {issuer: c, jwks: "not json planted"}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: headers, namespace: shop}
spec:
  rules:
  - when:
    - {key: "request.headers[authorization]", values: [planted, "Basic planted-planted"]}
    - {key: "request.headers[x-internal-secret]", values: [planted], notValues: [planted]}
    - {key: "request.headers[Cookie]", values: ["session=planted"]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
  - match:
    - headers: {authorization: {exact: planted}, x-api-key: {regex: planted}, cookie: {prefix: planted}, x-auth-token: {exact: planted}}
      uri: {exact: "/a?token=planted"}
    headers:
      request: {set: {Authorization: planted, Cookie: planted, x-team-secret: planted}, add: {Proxy-Authorization: planted}}
      response: {set: {Set-Cookie: planted, x-session-token: planted}}
    rewrite: {uri: "/b?password=planted"}
    redirect: {uri: "https://u:planted@host/"}
    directResponse: {status: 200, body: {string: planted}}
    route: [{destination: {host: cart}, headers: {request: {set: {x-secret-key: planted}}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  rules:
  - matches: [{headers: [{name: Authorization, value: planted}, {name: x-secret, value: planted}], queryParams: [{name: api_key, value: planted}, {name: token, value: planted}]}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: Authorization, value: planted}], add: [{name: Cookie, value: planted}, {name: x-client-secret, value: planted}]}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: Set-Cookie, value: planted}]}}
---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: pc, namespace: shop}
spec: {environmentVariables: {API_TOKEN: planted, ANYTHING: planted}}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: t, namespace: shop}
spec: {tracing: [{customTags: {a: {literal: {value: "ghp_plantedplantedplanted"}}}}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: se, namespace: shop, annotations: {networking.istio.io/x: "https://u:planted@h", proxy.istio.io/y: "Bearer planted.planted"}}
spec: {hosts: [a.example.com], ports: [{number: 80, name: http, protocol: HTTP}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: hook}
webhooks: [{name: x.istio.io, clientConfig: {url: "https://u:planted@hook/inject?token=planted"}}]
"#;

#[test]
fn no_planted_secret_is_in_a_snapshot() {
    let planted = PLANTED.matches("planted").count() + PLANTED.matches("cGxhbnRlZA").count();
    assert!(planted >= 125, "{planted} places");
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yaml"), PLANTED).unwrap();
    let (code, out, err) = said(&mesh(home.path()).args(["snapshot", "-f", "a.yaml", "-o", "s.tar.zst"]).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
    let mut plain = Vec::new();
    zstd::Decoder::new(std::fs::File::open(home.path().join("s.tar.zst")).unwrap()).unwrap().read_to_end(&mut plain).unwrap();
    let plain = String::from_utf8_lossy(&plain);
    let found: Vec<&str> = plain.lines().filter(|line| line.contains("planted") || line.contains("cGxhbnRlZA")).collect();
    assert!(found.is_empty(), "{} of them: {found:#?}", found.len());
    for kept in ["trustDomain", "policy", "envoy.filters.http.lua", "v3.Lua", "clusterDomain", "AQAB", "a.example.com", "registry/cart:1"] {
        assert!(plain.contains(kept), "{kept} is what rules read");
    }
}

#[test]
fn a_secret_that_does_not_decode_shows_nothing() {
    let secret = b"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: planted\n";
    for format in ["table", "json", "sarif", "github", "junit", "name"] {
        let (_, out, err) = run(&[("a.yaml", secret)], &["check", "-f", "a.yaml", "-o", format]);
        assert!(!out.contains("planted") && !err.contains("planted"), "{format}: {out}{err}");
    }
}
