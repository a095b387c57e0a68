//! All that a source yields: objects, gaps, and what was looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::typed_kinds;
use super::{Controller, Gap, Item, Kind, Map, Meta, Object, ObjectRef, ServerFacts, Str, Subject};

/// How completely a kind was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All there is, in the scope that was asked for.
    Complete,
    /// Files hold none of this kind: absence from the files says nothing about a cluster.
    Absent,
    /// A gap hides objects of this kind.
    Hidden,
    /// It was not asked for.
    Unread,
}

/// A value of a file that somebody has still to fill in ([`super::placeholder`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The object it stands in.
    pub object: ObjectRef,
    /// The field.
    pub path: String,
    /// The whole value.
    pub text: String,
    /// File and line.
    pub place: String,
}

macro_rules! inventory {
    ($($kind:ident $list:ident;)+) => {
        /// Objects by the form they are kept in, and what could not be read.
        #[derive(Clone, Debug, Default)]
        pub struct Inventory {
            $(#[doc = concat!("Objects of kind ", stringify!($kind), ".")] pub $list: Vec<super::$kind>,)+
            /// Deployments and their like.
            pub controllers: Vec<Controller>,
            /// Everything else.
            pub objects: Vec<Object>,
            /// What could not be read.
            pub gaps: Vec<Gap>,
            /// How completely each kind was read; a kind that is not here was not asked for.
            pub coverage: BTreeMap<Kind, Coverage>,
            /// The namespaces that were read, when it was not all of them.
            pub scope: BTreeSet<Str>,
            /// The namespaces that answers are wanted for, although more was read.
            pub focus: BTreeSet<Str>,
            /// Kinds and namespaces that were read besides `scope`; of a kind read nowhere else, all that was.
            pub also_read: BTreeSet<(Kind, Str)>,
            /// Kinds of which only the objects with a label were read: that another one is absent means nothing.
            pub by_label: BTreeSet<Kind>,
            /// Kind, namespace and name of what other tools will make of files, which do not hold it themselves; an empty text stands for any.
            pub made: BTreeSet<(Kind, Str, Str)>,
            /// Mesh configurations of Istio that stand in what it is installed with rather than in its ConfigMap.
            pub mesh_configs: Vec<serde_json::Value>,
            /// Names and values of istiod's environment that stand there too.
            pub istiod_env: BTreeSet<(Str, Str)>,
            /// Namespaces of which only a part is among the files: a kustomization that fills them could not be followed.
            pub partial: BTreeSet<Str>,
            /// Directories in which a Helm chart or its values lie, so that more is installed than the manifests beside it show.
            pub helm_directories: BTreeSet<Str>,
            /// The namespace that objects without one were taken for, where others name theirs: nobody knows whether it is meant.
            pub assumed_namespace: Option<Str>,
            /// Namespace, kind and name of objects of kinds that are not read: their operators make pods of their own.
            pub foreign: BTreeSet<(Str, Str, Str)>,
            /// Values of files that are still to be filled in.
            pub unfilled: Vec<Unfilled>,
            /// Single objects that were asked for by name and are not there.
            pub absent: BTreeSet<(Kind, Str, Str)>,
            /// Namespace and labels of pods that kinds make which are not read otherwise: a template is a template, whatever its kind.
            pub made_pods: Vec<(Str, Map)>,
            /// What the API server said of itself, where it was asked.
            pub server: Option<ServerFacts>,
        }

        impl Inventory {
            /// Adds one object.
            pub fn push(&mut self, item: Item) {
                match item {
                    $(Item::$kind(o) => self.$list.push(o),)+
                    Item::Controller(o) => self.controllers.push(o),
                    Item::Object(o) => self.objects.push(o),
                }
            }

            fn append_objects(&mut self, other: &mut Self) {
                $(self.$list.append(&mut other.$list);)+
                self.controllers.append(&mut other.controllers);
                self.objects.append(&mut other.objects);
            }

            /// All objects.
            pub fn subjects(&self) -> impl Iterator<Item = &dyn Subject> {
                fn each<T: Subject>(list: &[T]) -> impl Iterator<Item = &dyn Subject> {
                    list.iter().map(|object| object as &dyn Subject)
                }
                std::iter::empty()$(.chain(each(&self.$list)))+.chain(each(&self.controllers)).chain(each(&self.objects))
            }

            /// Keeps what `keep` wants, which sees the objects in the order of [`Self::subjects`].
            pub fn retain(&mut self, mut keep: impl FnMut(&dyn Subject) -> bool) {
                $(self.$list.retain(|object| keep(object));)+
                self.controllers.retain(|object| keep(object));
                self.objects.retain(|object| keep(object));
            }

            /// Metadata of all objects, to be changed.
            pub fn metas_mut(&mut self) -> impl Iterator<Item = &mut Meta> {
                let typed = std::iter::empty()$(.chain(self.$list.iter_mut().map(|object| &mut object.metadata)))+;
                typed.chain(self.controllers.iter_mut().map(|o| &mut o.metadata)).chain(self.objects.iter_mut().map(|o| &mut o.meta))
            }

            /// How many objects there are.
            pub fn len(&self) -> usize {
                [$(self.$list.len(),)+ self.controllers.len(), self.objects.len()].iter().sum()
            }

            /// Sorts each list by namespace, then name; where it holds several kinds, whole objects by kind before that.
            pub fn sort(&mut self) {
                $(self.$list.sort_unstable_by(|a, b| order(&a.metadata).cmp(&order(&b.metadata)));)+
                self.controllers.sort_by(|a, b| (order(&a.metadata), a.kind).cmp(&(order(&b.metadata), b.kind)));
                self.objects.sort_by(|a, b| (a.kind, order(&a.meta)).cmp(&(b.kind, order(&b.meta))));
            }

            /// Whether, once sorted, there is anything of a kind with a struct of its own in a namespace (anywhere, where it is empty).
            pub fn holds_typed(&self, kind: Kind, namespace: &str) -> bool {
                let anywhere = namespace.is_empty() || !kind.namespaced();
                match kind {
                    $(Kind::$kind if anywhere => !self.$list.is_empty(),)+
                    $(Kind::$kind => self.$list.binary_search_by(|o| o.metadata.namespace.as_str().cmp(namespace)).is_ok(),)+
                    _ => false,
                }
            }
        }
    };
}

typed_kinds!(inventory);

fn order(meta: &Meta) -> (&Str, &Str) {
    (&meta.namespace, &meta.name)
}

impl Inventory {
    /// Adds all of another inventory.
    pub fn append(&mut self, mut other: Inventory) {
        self.append_objects(&mut other);
        self.gaps.append(&mut other.gaps);
        self.coverage.append(&mut other.coverage);
        self.also_read.append(&mut other.also_read);
        self.by_label.append(&mut other.by_label);
        self.made.append(&mut other.made);
        self.mesh_configs.append(&mut other.mesh_configs);
        self.istiod_env.append(&mut other.istiod_env);
        self.made_pods.append(&mut other.made_pods);
        self.unfilled.append(&mut other.unfilled);
        self.partial.append(&mut other.partial);
        self.helm_directories.append(&mut other.helm_directories);
        self.foreign.append(&mut other.foreign);
        self.assumed_namespace = self.assumed_namespace.take().or(other.assumed_namespace);
        self.absent.append(&mut other.absent);
    }

    /// Kind and metadata of all objects.
    pub fn metas(&self) -> impl Iterator<Item = (Kind, &Meta)> {
        self.subjects().map(|object| (object.kind(), object.meta()))
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
