use super::{ElfBinary, GlibcVersion, Machine};

/// The properties of a host that a binary has to match.
#[derive(Debug, Clone)]
pub struct Requirement {
    /// The host, for messages: `Lambda`, or the runtime of a function.
    pub host: String,
    /// The version of glibc on the host.
    pub glibc: GlibcVersion,
    /// The architecture of the function, if it is known.
    pub machine: Option<Machine>,
}

/// The kind of a property that does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MismatchKind {
    Architecture,
    /// The version of glibc, or another C library.
    Glibc,
}

/// A property of a binary that prevents its start on a host.
#[derive(Debug)]
pub struct Mismatch {
    pub kind: MismatchKind,
    /// The cause, such as `it needs glibc 2.39, and Lambda has 2.34`.
    pub cause: String,
    pub fix: String,
}

impl Requirement {
    /// Compares a binary with the host.
    pub fn mismatches(&self, binary: &ElfBinary) -> Vec<Mismatch> {
        let mismatches =
            [self.machine_mismatch(binary), self.interpreter_mismatch(binary), self.glibc_mismatch(binary)];
        mismatches.into_iter().flatten().collect()
    }

    fn machine_mismatch(&self, binary: &ElfBinary) -> Option<Mismatch> {
        let (cause, fix) = match (binary.machine, self.machine) {
            (Err(number), _) => (
                format!(
                    "it is for another architecture (ELF machine {number}), and {} has x86_64 and arm64",
                    self.host
                ),
                format!("build with {}", self.zigbuild(self.machine.unwrap_or(Machine::X86_64))),
            ),
            (Ok(has), Some(needs)) if has != needs => (
                format!("it is for {has}, and the function for {needs}"),
                format!("build with {}, or set the architecture of the function to {has}", self.zigbuild(needs)),
            ),
            _ => return None,
        };
        Some(Mismatch { kind: MismatchKind::Architecture, cause, fix })
    }

    fn glibc_mismatch(&self, binary: &ElfBinary) -> Option<Mismatch> {
        let needs = binary.glibc.filter(|needs| *needs > self.glibc)?;
        let machine = binary.machine.ok().or(self.machine).unwrap_or(Machine::X86_64);
        let cause = format!("it needs glibc {needs}, and {} has {}", self.host, self.glibc);
        Some(Mismatch { kind: MismatchKind::Glibc, cause, fix: self.other_build(machine) })
    }

    /// A binary of Alpine Linux or of Nix has another interpreter.
    fn interpreter_mismatch(&self, binary: &ElfBinary) -> Option<Mismatch> {
        let machine = binary.machine.ok()?;
        let interpreter = binary.interpreter.as_deref().filter(|path| !machine.interpreters().contains(path))?;
        let usual = machine.interpreters().first()?;
        let cause = format!("the program {interpreter:?} loads it, and {} has {usual:?}", self.host);
        Some(Mismatch { kind: MismatchKind::Glibc, cause, fix: self.other_build(machine) })
    }

    fn other_build(&self, machine: Machine) -> String {
        format!(
            "install cargo-zigbuild (`cargo install cargo-zigbuild`, `pip install ziglang`) and build with {}, or build a static \
             binary for the target {} with RUSTFLAGS=-Ctarget-feature=+crt-static",
            self.zigbuild(machine),
            machine.target().replace("gnu", "musl"),
        )
    }

    /// A command that builds for the host.
    fn zigbuild(&self, machine: Machine) -> String {
        format!("`cargo zigbuild --release --target {}.{}`", machine.target(), self.glibc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(machine: Result<Machine, u16>, glibc: Option<&str>) -> ElfBinary {
        let glibc =
            glibc.map(|version| GlibcVersion::from_symbol_version(format!("GLIBC_{version}").as_bytes()).unwrap());
        ElfBinary { machine, interpreter: None, glibc, features: None, size: 0 }
    }

    fn lambda(machine: Option<Machine>) -> Requirement {
        Requirement { host: "Lambda".to_owned(), glibc: GlibcVersion::AMAZON_LINUX_2023, machine }
    }

    #[test]
    fn accepts_binaries_for_the_host() {
        for (glibc, machine) in [(Some("2.34"), None), (Some("2.4"), Some(Machine::Arm64)), (None, None)] {
            assert_eq!(lambda(machine).mismatches(&binary(Ok(Machine::Arm64), glibc)).len(), 0);
        }
    }

    #[test]
    fn rejects_a_newer_glibc_and_another_architecture() {
        let found = lambda(Some(Machine::X86_64)).mismatches(&binary(Ok(Machine::Arm64), Some("2.39")));
        let causes: Vec<_> = found.iter().map(|mismatch| &*mismatch.cause).collect();
        assert_eq!(
            causes,
            ["it is for arm64, and the function for x86_64", "it needs glibc 2.39, and Lambda has 2.34"]
        );
        assert!(found[0].fix.contains("--target x86_64-unknown-linux-gnu.2.34"), "{}", found[0].fix);
        assert!(found[1].fix.contains("--target aarch64-unknown-linux-gnu.2.34"), "{}", found[1].fix);
        let musl = Some("/lib/ld-musl-x86_64.so.1".to_owned());
        let musl = ElfBinary { interpreter: musl, ..binary(Ok(Machine::X86_64), None) };
        let found = lambda(None).mismatches(&musl);
        let cause = r#"the program "/lib/ld-musl-x86_64.so.1" loads it, and Lambda has "/lib64/ld-linux-x86-64.so.2""#;
        assert!(found.len() == 1 && found[0].cause == cause && musl.c_library().contains("musl"), "{found:?}");
        let found = lambda(None).mismatches(&binary(Err(243), None));
        assert!(found.len() == 1 && found[0].cause.contains("ELF machine 243"), "{found:?}");
    }
}
