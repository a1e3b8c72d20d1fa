//! The contracts of hosts: one program, because each test program links every framework.

mod client_address;
