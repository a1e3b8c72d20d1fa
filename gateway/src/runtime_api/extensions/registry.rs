//! The extensions of a function, and the events that they have not received yet.

use super::{
    event::ExtensionEvent,
    extension::{Extension, ExtensionError, ExtensionState, Subscriptions},
};
use crate::FunctionError;

/// Lambda's limit for the extensions of a function.
const MAX_EXTENSIONS: usize = 10;

/// All extensions of a function.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    list: Vec<Extension>,
    id_count: usize,
    /// The last error that an extension has reported.
    pub(crate) error: Option<ExtensionError>,
}

/// The reason why the API rejects a request of an extension: the error type, and a text for the developer.
pub(crate) struct Rejection(pub(crate) &'static str, pub(crate) String);

impl Extensions {
    pub(crate) fn iter_registered(&self) -> impl Iterator<Item = &Extension> {
        self.list.iter().filter(|extension| extension.state != ExtensionState::Announced)
    }

    #[cfg(feature = "process")]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Extension> {
        self.list.iter_mut()
    }

    /// Announces an external extension, which then has to register.
    pub(crate) fn announce(&mut self, name: &str) {
        if self.find_name(name).is_none() {
            let mut extension = self.create(name);
            extension.is_external = true;
            self.list.push(extension);
        }
    }

    /// Registers an extension and returns its id. An extension that is not announced is internal.
    pub(crate) fn register(
        &mut self,
        name: &str,
        subscriptions: Subscriptions,
        is_closed: bool,
    ) -> Result<String, Rejection> {
        let reject = |error_type, problem: &str| {
            Err(Rejection(error_type, format!("registered the extension {name} {problem}")))
        };
        let count = self.list.len();
        if let Some(extension) = self.find_name(name) {
            if !extension.is_external || extension.state.is_running() {
                return reject("Extension.InvalidExtensionState", "twice");
            }
            extension.state = ExtensionState::Registered;
            extension.subscriptions = subscriptions;
            let id = extension.id.clone();
            self.error.take_if(|error| error.name == name);
            return Ok(id);
        }
        if is_closed {
            return reject("Extension.RegistrationClosed", "after the first poll");
        }
        if count >= MAX_EXTENSIONS {
            return reject("Extension.TooManyExtensions", "in addition to 10 others");
        }
        if subscriptions.shutdown {
            let problem = "for SHUTDOWN, which is only for external extensions; if it is external, announce it with \
                           `RuntimeApi::external_extension` or start it with `Function`";
            return reject("Extension.InvalidEventType", problem);
        }
        let mut extension = self.create(name);
        (extension.state, extension.subscriptions) = (ExtensionState::Registered, subscriptions);
        let id = extension.id.clone();
        self.list.push(extension);
        Ok(id)
    }

    fn create(&mut self, name: &str) -> Extension {
        self.id_count += 1;
        Extension {
            name: name.to_owned(),
            id: format!("9b2a4c6e-1f0d-4e3a-8c5b-{:012}", self.id_count),
            is_external: false,
            subscriptions: Subscriptions::default(),
            state: ExtensionState::Announced,
            event: None,
        }
    }

    fn find_name(&mut self, name: &str) -> Option<&mut Extension> {
        self.list.iter_mut().find(|extension| extension.name == name)
    }

    /// Returns the name of the extension with this id.
    pub(crate) fn name(&mut self, id: &str) -> Result<String, Rejection> {
        self.find_id(id).map(|extension| extension.name.clone())
    }

    /// Whether the extension with this id waits for its next event.
    pub(crate) fn is_polling(&mut self, id: &str) -> bool {
        self.find_id(id).is_ok_and(|extension| extension.state == ExtensionState::Waiting)
    }

    /// Begins a poll of the extension with this id.
    pub(crate) fn begin_poll(&mut self, id: &str) -> Result<(), Rejection> {
        let extension = self.find_id(id)?;
        if extension.state == ExtensionState::Waiting || extension.state.is_failed() {
            let problem = if extension.state.is_failed() { "after its error" } else { "twice at once" };
            let error = format!("requested the next event of the extension {} {problem}", extension.name);
            return Err(Rejection("Extension.InvalidExtensionState", error));
        }
        extension.state = ExtensionState::Waiting;
        Ok(())
    }

    /// Ends a poll whose connection is closed.
    pub(crate) fn cancel_poll(&mut self, id: &str) {
        if let Ok(extension) = self.find_id(id)
            && extension.state == ExtensionState::Waiting
        {
            extension.state = ExtensionState::Working;
        }
    }

    /// Takes the event for the poll of the extension with this id.
    pub(crate) fn take_event(&mut self, id: &str) -> Option<ExtensionEvent> {
        let extension = self.find_id(id).ok()?;
        let event = extension.event.take()?;
        extension.state = ExtensionState::Working;
        Some(event)
    }

    /// Records an error of the extension with this id. `is_init` is for an error during the initialization.
    pub(crate) fn fail(&mut self, id: &str, is_init: bool, error: FunctionError) -> Result<(), Rejection> {
        let extension = self.find_id(id)?;
        let failed = if is_init { ExtensionState::InitFailed } else { ExtensionState::ExitFailed };
        let is_allowed = match extension.state {
            ExtensionState::Registered => true,
            ExtensionState::Waiting | ExtensionState::Working => !is_init,
            // The same kind of error again.
            ExtensionState::InitFailed | ExtensionState::ExitFailed => extension.state == failed,
            ExtensionState::Announced => false,
        };
        let name = extension.name.clone();
        if !is_allowed {
            let kind = if is_init { "an init error" } else { "an exit error" };
            let error = format!("reported {kind} of the extension {name} in another state");
            return Err(Rejection("Extension.InvalidExtensionState", error));
        }
        extension.state = failed;
        self.error = Some(ExtensionError { name, error });
        Ok(())
    }

    /// Marks an extension as failed, unless it has reported an error before. Returns whether it is marked now.
    #[cfg(feature = "process")]
    pub(super) fn fail_name(&mut self, name: &str) -> bool {
        let extension = self.find_name(name).filter(|extension| !extension.state.is_failed());
        extension.map(|extension| extension.state = ExtensionState::ExitFailed).is_some()
    }

    fn find_id(&mut self, id: &str) -> Result<&mut Extension, Rejection> {
        let mut registered = self.list.iter_mut().filter(|extension| extension.state != ExtensionState::Announced);
        registered.find(|extension| extension.id == id).ok_or_else(|| {
            let error = format!("sent a request for the unknown extension {id:?}");
            Rejection("Extension.UnknownExtensionIdentifier", error)
        })
    }

    /// Removes the internal extensions, whose process starts again.
    pub(crate) fn remove_internal(&mut self) {
        self.list.retain(|extension| extension.is_external);
    }

    /// Gives an event to all extensions that have registered for it.
    pub(crate) fn send(&mut self, event: &ExtensionEvent) {
        for extension in &mut self.list {
            if extension.state.is_running() && event.matches(extension.subscriptions) {
                extension.event = Some(event.clone());
            }
        }
    }

    /// The names of the extensions that keep the next invocation waiting.
    pub(crate) fn busy(&self) -> impl Iterator<Item = &str> {
        self.list.iter().filter(|extension| !extension.is_idle()).map(|extension| extension.name.as_str())
    }

    /// The names of the extensions that have not received their event.
    pub(crate) fn with_event(&self) -> impl Iterator<Item = &str> {
        self.list.iter().filter(|extension| extension.event.is_some()).map(|extension| extension.name.as_str())
    }
}
