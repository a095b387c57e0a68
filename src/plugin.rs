//! What the plugin is called. kubectl has the name of a plugin from that of its file, and so has the plugin: whatever name it is installed under, its
//! help, its hints and its completion say that one.

use std::path::Path;
use std::sync::LazyLock;

/// The name of a build. Cargo calls the file `kubectl-mesh` whatever it is built as, so that this file name tells nothing.
const BUILT_AS: &str = match option_env!("KUBECTL_PLUGIN_NAME") {
    Some(name) => name,
    None => "mesh",
};

static PLUGIN: LazyLock<Plugin> = LazyLock::new(|| Plugin::named(std::env::args_os().next().as_deref().map(Path::new), BUILT_AS));

/// The plugin under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    name: String,
}

/// The plugin that this process is.
pub fn plugin() -> &'static Plugin {
    &PLUGIN
}

impl Plugin {
    /// By the file that was run, as krew and kubectl name it: a dash within a plugin's name is an underscore there.
    fn named(file: Option<&Path>, built_as: &str) -> Self {
        let stem = file.and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = stem.strip_prefix("kubectl-").unwrap_or_default();
        let tells = !name.is_empty() && name != "mesh" && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Self { name: if tells { name.replace('_', "-") } else { built_as.to_owned() } }
    }

    /// What one types: `kubectl mesh`.
    pub fn command(&self) -> String {
        format!("kubectl {}", self.name)
    }

    /// The name of its file, without an extension.
    pub fn file(&self) -> String {
        format!("kubectl-{}", self.name.replace('-', "_"))
    }

    /// The name of the file that kubectl runs to complete it.
    pub fn helper(&self) -> String {
        format!("kubectl_complete-{}", self.name.replace('-', "_"))
    }

    /// Whether it has the name that its texts are written for.
    pub fn as_written(&self) -> bool {
        self.name == "mesh"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(file: &str, built_as: &str) -> [String; 3] {
        let plugin = Plugin::named(Some(Path::new(file)), built_as);
        [plugin.command(), plugin.file(), plugin.helper()]
    }

    #[test]
    fn the_file_tells_the_name_and_the_build_where_it_does_not() {
        let mesh = ["kubectl mesh", "kubectl-mesh", "kubectl_complete-mesh"];
        let other = ["kubectl service-mesh", "kubectl-service_mesh", "kubectl_complete-service_mesh"];
        for file in
            ["target/debug/kubectl-mesh", "kubectl-mesh.exe", "integration-0f3a", "kubectl-mesh-linux-amd64", "kubectl-", "kubectl-a\u{1b}b", ""]
        {
            assert_eq!(called(file, "mesh"), mesh, "{file}");
            assert_eq!(called(file, "service-mesh"), other, "{file}");
        }
        for file in ["/home/me/.krew/bin/kubectl-service_mesh", "kubectl-service_mesh.exe"] {
            assert_eq!(called(file, "mesh"), other, "{file}");
        }
        assert_eq!(Plugin::named(None, "mesh").command(), "kubectl mesh");
    }
}
