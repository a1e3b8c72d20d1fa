//! How each front changes requests and responses.
//!
//! A server receives requests as the client sent them. In front of a Lambda function is an AWS service, which changes
//! some parts in a way that nothing can undo. The table and the lists below it are complete: tests send random requests
//! and responses through each front and compare the changes with the table. The column *rule* refers to `tests/README.md` in the repository,
//! which has the evidence.
//!
//! | change | rule | HTTP API 2.0 | HTTP API 1.0 | REST API | Function URL | ALB | ALB, multi-value | Lattice 1 | Lattice 2 | Vercel |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | path: decoded by the front. `%2F` becomes `/`, the text after `%3F` is lost, double escapes become single | 11 | x |  |  |  |  |  |  |  |  |
//! | path: the front responds with 400 to an escape that decodes to an invalid escape, such as `%25zz` | 11 | x | x |  |  |  |  |  |  |  |
//! | path: invalid characters, such as `"` or a lone `%`, are escaped | 13 |  | x |  |  |  |  |  |  |  |
//! | query: an empty query is removed: `/?` becomes `/` | 31 | x | x | x | x | x | x | x | x | x |
//! | query: decoded by the front. Lodger encodes only the characters that need it: `a+b` becomes `a%20b`, `%5B` becomes `[` | 33 |  | x | x |  |  |  |  |  |  |
//! | query: parameters of one key become adjacent, `a` becomes `a=`, a parameter without a key is dropped | 35, 36 |  | x | x |  | x | x |  |  |  |
//! | query: only the last of several parameters of one key | 42 |  |  |  |  | x |  |  |  |  |
//! | query: Lodger responds with 400 to more than 16,384 parameters, or more than 4,096 headers | 70 | x | x | x | x | x | x | x | x | x |
//! | headers: several of one name are joined by a comma | 46 | x |  |  | x |  |  | x |  |  |
//! | headers: only the last of several of one name | 42 |  |  |  |  | x |  |  |  |  |
//! | headers: several `cookie` become one | 50 | x | x | x | x | x | x | x | x | x |
//! | headers: the front chooses the order of different names |  | x | x | x | x | x | x | x | x | x |
//! | headers: `connection`, `te`, `upgrade`, `expect` and similar ones are removed, and `proxy` | 62 | x | x | x | x | x | x | x | x | x |
//! | headers: the front appends the client's address to `x-forwarded-for` | 55 | x | x | x | x | x | x | x | x |  |
//! | headers: the front sets `x-forwarded-port` and `x-forwarded-proto` | 53 | x | x | x | x | x | x |  |  |  |
//! | headers: `x-amzn-trace-id` names the trace of the invocation | 59 | x | x | x | x | x | x | x | x | x |
//! | headers: `content-length: 0` is added if there is no body | 57 | x | x |  |  |  |  |  |  |  |
//! | headers: `content-length: 0` is removed, because the front sends no length | 57 |  |  | x |  |  |  |  |  |  |
//! | body: binary data is damaged, unless `binaryMediaTypes` contains its type | 66 |  |  | x |  |  |  |  |  |  |
//! | body: the front responds with 413 if the event exceeds 6 MB, or 4.5 MB of binary data | 70 | x | x | x | x |  |  | x | x |  |
//! | body: the front responds with 413 beyond 1 MB; to an upgrade with 400 | 62, 70 |  |  |  |  | x | x |  |  |  |
//! | **response**: trailers and interim responses are dropped | 72, 102 | x | x | x | x | x | x | x | x | x |
//! | response: several headers of one name are joined by `, `, except `set-cookie` | 75 | x |  |  | x | x |  | x | x |  |
//! | response: only the first of several `set-cookie`, with a warning in the log | 81 |  |  |  |  |  |  | x |  |  |
//! | response: several values of one name may change their order | 79 |  |  |  |  | x | x |  |  |  |
//! | response: header bytes that are not UTF-8 are read as Latin-1 and arrive as UTF-8 | 86 | x | x | x | x | x | x | x | x | x |
//! | response: `www-authenticate`, `server`, `date` and some others become `x-amzn-remapped-..` | 85 |  |  | x |  |  |  |  |  |  |
//! | response: a body without a type gets `application/octet-stream`, because the front would set a more specific one | 88 | x | x | x | x | x | x | x | x | x |
//! | response: the front adds a type to a response without a body and a type | 88 |  |  |  | x |  |  |  |  |  |
//! | response: 204, 205 and 304 lose body and length, 204 and 205 also the type | 91 | x | x | x | x | x | x | x | x | x |
//! | response: a status of 600 or more, which HTTP does not define, becomes 500 | 72 | x | x | x | x | x | x | x | x | x |
//! | response: the client gets binary data as base64, unless `binaryMediaTypes` matches the first entry of the request's `Accept` | 97 |  |  | x |  |  |  |  |  |  |
//! | response: the front responds with an error to headers beyond 10 KB, or 32 KB on an ALB; Lodger logs a warning before | 87 | x | x | x |  | x | x |  |  |  |
//! | response: a reply beyond 6 MB, or 1 MB on an ALB, becomes a 500 whose text gives the reason; for binary data 4.5 MB and 768 KB | 99 | x | x | x | x | x | x | x | x | x |
//!
//! A **WebSocket API** has no column, because its events are not HTTP requests: [events](crate::docs::events) has their
//! requests and responses. Of the response to the handshake, the client gets the status and `sec-websocket-protocol`.
//!
//! *Vercel* is the older runtime, `provided.al2023`. The runtime `executable` loses nothing. With either one, the
//! platform sets `x-forwarded-for`, `x-forwarded-host` and `x-forwarded-proto`, and ignores the client's. A request
//! body has at most 4.5 MB. With `provided.al2023`, a response body has at most 4.5 MB too: Vercel replaces a larger
//! one by an error.
//!
//! # Details of single fronts
//!
//! - An **HTTP API** and a **REST API** would add a type to a response without a body. Lodger prevents that: the JSON of
//!   the reply contains `"content-type": null`, which only these two fronts accept (rule 88). Lodger omits the `null` for
//!   a REST API that streams and for emulators, which may then add a type. An event counts as one of AWS if `domainName`
//!   belongs to API Gateway or is a name in the public DNS, and `domainPrefix` is the first label of that name.
//! - A **REST API** splits queries at `;` and rejects raw `|`, `{` and `}` in them (rule 38). On a custom domain, it
//!   responds to `/ping` and `/sping` itself (rule 29).
//! - A **Function URL** with the auth type `AWS_IAM` consumes `Authorization` (rule 59).
//! - A **load balancer** with the mode `preserve` for `X-Forwarded-For` does not append an address. [`ClientAddr`] is
//!   then the last address that the client sent, which may be forged (rule 55).
//!
//! [`ClientAddr`]: crate::ClientAddr
