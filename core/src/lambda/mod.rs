//! The polling host: AWS Lambda, through its [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//!
//! What an app may want to know of its invocation stands in the extensions of each request: [`Context`] is what Lambda
//! says, [`RequestContext`] what the front says, [`Event`] the whole event.

mod address;
mod alarm;
mod all;
mod api;
mod base64;
mod connection;
mod context;
mod deadline;
mod end;
mod event;
mod extension;
mod json;
mod payload;
mod reply;
mod slots;
mod stream;
mod swar;

use std::{
    num::NonZeroUsize,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{self, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::StatusCode;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::{JoinError, JoinHandle, JoinSet},
};

use self::{
    all::All,
    api::{Api, Invocation},
    deadline::Deadline,
    end::End,
    event::{Asked, Names, Refusal},
    reply::{Answer, Shape},
    slots::Share,
};
use crate::{
    AfterResponse, App, Error, Request, Settings, Shutdown, after,
    log::say,
    panic::{self, CatchPanic, Panicked},
    reserved::Reserved,
    signals::Signals,
};

pub use context::{Context, Event, FromEvent, RequestContext};

/// How long what is in flight may take at the end: Lambda waits half a second, and less where there are other extensions.
const GRACE: Duration = Duration::from_millis(400);

/// The Runtime API, before the first invocation is asked for: what is to be known to answer invocations with an app.
///
/// There is one invocation at a time, or as many at once as `AWS_LAMBDA_MAX_CONCURRENCY` says: so many slots, each of which
/// polls, calls the app and responds, whatever the others do.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, Shutdown, lambda::Polling};
/// # async fn answer(settings: Settings, build: impl Future<Output = Result<impl App, Error>>) -> Result<(), Error> {
/// let mut polling = Polling::new(settings, Shutdown::default())?;
/// let app = polling.build(build).await?;
/// polling.answer(app).await
/// # }
/// ```
#[derive(Debug)]
pub struct Polling {
    api: Api,
    settings: Settings,
    shutdown: Shutdown,
    slots: usize,
    /// Where this is a part of several, or has several slots.
    share: Option<Share>,
    /// How long what is in flight may take at the end. Without SIGTERM nobody ends the process, and it is as long as it takes.
    grace: Option<Duration>,
    /// What has Lambda send SIGTERM.
    extension: Option<Arc<AbortOnDrop<()>>>,
}

impl Polling {
    /// Nothing is asked of the Runtime API yet.
    ///
    /// # Errors
    /// The settings do not say where it is, or have a path that cannot be one.
    pub fn new(mut settings: Settings, shutdown: Shutdown) -> Result<Self, Error> {
        settings.normalize()?;
        let Some(address) = settings.runtime_api.as_deref() else {
            return Err(Error::new(
                "AWS_LAMBDA_RUNTIME_API is not set, which says where the Lambda Runtime API is; Lambda and its emulators set it",
            ));
        };
        let wanted = settings.max_concurrency.map_or(1, NonZeroUsize::get);
        let slots = wanted.min(slots::MOST);
        if slots < wanted {
            say!(WARN, "AWS_LAMBDA_MAX_CONCURRENCY is {wanted}; {slots} invocations are polled for at once");
        }
        let api = Api::new(address, slots)?;
        Ok(Self { api, settings, shutdown, slots, share: None, grace: None, extension: None })
    }

    /// Builds what is needed for the first invocation. A failure, or a panic, is reported to Lambda as the reason why the
    /// function does not start; of several [parts](Self::split) the first.
    ///
    /// Where the settings say so, Lambda is asked first for SIGTERM before it ends the process.
    ///
    /// # Errors
    /// That of `build`, which has been reported.
    pub async fn build<T>(&mut self, build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if self.settings.sigterm && self.grace.is_none() {
            self.ask_for_sigterm().await;
        }
        let built = panic::built(build).await;
        if let Err(error) = &built
            && self.share.as_ref().is_none_or(Share::end)
        {
            self.api.init_error("Runtime.InitFailed", &format!("{error:?}")).await;
        }
        built
    }

    /// Whatever goes wrong here, invocations are answered all the same.
    async fn ask_for_sigterm(&mut self) {
        let grace = self.settings.grace.unwrap_or(GRACE);
        self.grace = Some(grace);
        if self.shutdown.is_of_signals() {
            match Signals::new() {
                Ok(mut signals) => {
                    self.shutdown = Shutdown::when(async move {
                        signals.next().await;
                        say!(INFO, "ending: what is in flight has {grace:?} (LODGER_GRACE)");
                    });
                }
                Err(error) => say!(WARN, "SIGTERM will not be heard (LODGER_SIGTERM): {error:?}"),
            }
        }
        match self.api.ask_for_sigterm().await {
            Ok(extension) => self.extension = Some(Arc::new(extension)),
            Err(why) => {
                say!(WARN, "Lambda will not send SIGTERM (LODGER_SIGTERM): no extension could be registered: {why}")
            }
        }
    }

    /// How many invocations are answered at once.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Divides the slots among as many parts as there are to be, or as there are slots: for threads that each have an app of
    /// their own. None polls before all are about to, and all end once one of them does, or is dropped.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn split(self, parts: usize) -> Vec<Self> {
        let parts = parts.clamp(1, self.slots);
        if self.slots == 1 || self.share.is_some() {
            return vec![self];
        }
        let Self { api, settings, shutdown, slots, grace, extension, .. } = self;
        let part = |(number, share)| Self {
            api: api.sibling(),
            settings: settings.clone(),
            shutdown: Shutdown::default(),
            // The first have one more each, where they are not all of a size.
            slots: slots / parts + usize::from(number < slots % parts),
            share: Some(share),
            grace,
            extension: extension.clone(),
        };
        Share::several(parts, shutdown, grace).enumerate().map(part).collect()
    }

    /// Answers invocations with an app that may move between threads, as [`answer`](Self::answer) does: on a thread of a
    /// runtime that has several, where handlers find themselves on a server as well, and each slot in a task of its own.
    ///
    /// It is also where the loop costs least. On the thread that called `block_on` each answer of the Runtime API has to
    /// wake it from another one, which takes a third more processor time for a small request. As on a server, handlers are
    /// not in the scope of what stands around `run`: task-locals, or a subscriber that was set for that future alone.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    ///
    /// # Panics
    /// As [`answer`](Self::answer).
    pub async fn answer_on_any_thread<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        let ended = |error| Error::new("the loop that answers invocations ended").because(error);
        if self.slots > 1 {
            let mut slots = JoinSet::new();
            for slot in self.split(usize::MAX) {
                slots.spawn(slot.answer_in_turn(app.clone()));
            }
            let mut result = Ok(());
            while let Some(slot) = slots.join_next().await {
                result = result.and(slot.map_err(ended).flatten());
            }
            return result;
        }
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => self.answer_in_turn(app).await,
            _ => AbortOnDrop(tokio::spawn(self.answer_in_turn(app))).await.map_err(ended).flatten(),
        }
    }

    /// Answers invocations with `app`, in this task: for ever, or until the user's shutdown says so between two of them.
    ///
    /// # Errors
    /// The Runtime API is out of reach for a minute, or says that the process cannot go on. Nothing about a single
    /// invocation is an error here.
    ///
    /// # Panics
    /// Outside a Tokio runtime that has I/O and time enabled.
    pub async fn answer<A: App>(mut self, app: A) -> Result<(), Error> {
        if self.slots == 1 {
            return self.answer_in_turn(app).await;
        }
        let Some(share) = self.share.take().or_else(|| Share::several(1, self.shutdown, self.grace).next()) else {
            return Ok(());
        };
        if !share.begins().await {
            return Ok(());
        }
        let (app, first) = (Arc::new(app), Mutex::new(Ok(())));
        let slots = (0..self.slots).map(|_| {
            Box::pin(async {
                let answered = answer(self.api.sibling(), &self.settings, share.end_of_slot(), Arc::clone(&app)).await;
                // Those that are busy have answered when they hear of it.
                share.end();
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                *first = std::mem::replace(&mut *first, Ok(())).and(answered);
            })
        });
        if share.within_grace(All::new(slots)).await.is_none() {
            cut_off(self.grace);
        }
        first.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one invocation after the other.
    async fn answer_in_turn<A: App>(self, app: A) -> Result<(), Error> {
        let Self { api, settings, shutdown, share, grace, extension: _extension, .. } = self;
        let share = match (share, grace) {
            (Some(share), _) => Some(share),
            (None, Some(_)) => Share::several(1, shutdown, grace).next(),
            (None, None) => return answer(api, &settings, End::new(shutdown), app).await,
        };
        let Some(share) = share else { return Ok(()) };
        if !share.begins().await {
            return Ok(());
        }
        let answered = share.within_grace(answer(api, &settings, share.end_of_slot(), app)).await;
        answered.unwrap_or_else(|| {
            cut_off(grace);
            Ok(())
        })
    }
}

fn cut_off(grace: Option<Duration>) {
    let grace = grace.unwrap_or_default();
    say!(WARN, "cut off what was still in flight {grace:?} after the shutdown began (LODGER_GRACE)");
}

/// The loop of a slot.
async fn answer<A: App>(mut api: Api, settings: &Settings, mut end: End, app: A) -> Result<(), Error> {
    let mut names = Names::new();
    let mut deadline = Deadline::new(settings.deadline_margin);
    let reserved = Reserved::new(settings);
    let after = AfterResponse::new();
    while let Some(Invocation { context, event }) = api.next(&mut end).await? {
        let id = context.request_id();
        deadline.set(&context);
        let read = read(&event, Asked::new(&context, settings, &reserved, &mut names));
        // The app is to hold the last of it, so that its memory can be used again.
        drop(event);
        let (answer, body) = match read {
            Ok((mut request, shape)) => {
                request.extensions_mut().insert(after.clone());
                call(&app, request, shape, &context, &mut deadline).await
            }
            Err(refusal) => (refuse(refusal, id), None),
        };
        match answer {
            Answer::Reply(payload) => api.respond(&context, &payload).await?,
            Answer::Stream(begin) => api.stream(&context, &begin, body, &mut deadline).await?,
            Answer::Error { error_type, message } => {
                say!(ERROR, "request {id}: {message}");
                api.fail(&context, error_type, &message).await?;
            }
        }
        if after.has_work() {
            finish(&after, context.request_id(), &mut deadline).await;
        }
    }
    Ok(())
}

/// Does what the app has handed over for after the response, and what that hands over, until the time is over.
async fn finish(after: &AfterResponse, request_id: &str, deadline: &mut Deadline) {
    while after.has_work() {
        let each = after.take().into_iter().map(|work| Box::pin(after::done(work, format!("request {request_id}"))));
        if deadline.limit(All::new(each)).await.is_none() {
            drop(after.take());
            say!(
                WARN,
                "request {request_id}: the work after the response took too long, and was cancelled (LODGER_DEADLINE_MARGIN)"
            );
            return;
        }
    }
}

/// Reports to the Runtime API of `settings` that the process cannot start, because of `error`, where that became clear
/// before there was a [`Polling`].
pub async fn report_init_error(settings: &Settings, error: &Error) {
    if let Some(Ok(mut api)) = settings.runtime_api.as_deref().map(|address| Api::new(address, 1)) {
        api.init_error("Runtime.InvalidSetting", &format!("{error:?}")).await;
    }
}

/// The request that an event stands for. Whatever the event does to the libraries that read it, the loop goes on.
fn read(event: &Bytes, asked: Asked<'_>) -> Result<(Request, Shape), Refusal> {
    panic::caught(|| event::read(event, asked)).unwrap_or_else(|Panicked(message)| {
        Err(Refusal::Failed {
            error_type: "Runtime.UnreadableEvent",
            message: format!("the event cannot be read: {message}"),
        })
    })
}

/// The answer to an event that the app is not to see.
fn refuse(refusal: Refusal, request_id: &str) -> Answer {
    match refusal {
        Refusal::BadRequest(shape, why) => {
            say!(ERROR, "request {request_id}: refused with 400: {why}");
            reply::text(shape, StatusCode::BAD_REQUEST, why, request_id)
        }
        Refusal::NotFound(shape) => reply::text(shape, StatusCode::NOT_FOUND, String::new(), request_id),
        Refusal::Failed { error_type, message } => Answer::Error { error_type, message },
    }
}

/// Has the app answer a request, and makes a reply of whatever comes of it, with the body to stream behind it if there is one.
fn call<A: App>(
    app: &A,
    request: Request,
    shape: Shape,
    context: &Context,
    deadline: &mut Deadline,
) -> impl Future<Output = (Answer, Option<A::Body>)> {
    let request_id = context.request_id();
    // The app is borrowed for the call alone, so that one that is not `Sync` may be served by a future that is `Send`.
    let called = CatchPanic::new(|| {
        let response = app.call(request);
        async move { reply::write(shape, response.await, request_id).await }
    });
    async move {
        let (status, why, tell) = match deadline.limit(panic::settled(called)).await {
            Some(Ok(Ok(answer))) => return answer,
            Some(Ok(Err(error))) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), error.for_the_client()),
            Some(Err(Panicked(message))) => {
                (StatusCode::INTERNAL_SERVER_ERROR, format!("the app panicked: {message}"), None)
            }
            None => (
                StatusCode::GATEWAY_TIMEOUT,
                "the app took too long, and was cancelled before Lambda would end the process \
                 (LODGER_DEADLINE_MARGIN)"
                    .to_owned(),
                Some("the function took too long".to_owned()),
            ),
        };
        say!(ERROR, "request {request_id}: answered with {}: {why}", status.as_u16());
        let tell = tell.unwrap_or_else(|| "internal server error".to_owned());
        (reply::text(shape, status, tell, request_id), None)
    }
}

/// A task that is told to end when nobody waits for it any more.
#[derive(Debug)]
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
