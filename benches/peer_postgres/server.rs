//! A server of the bench's own, on a unix socket only, for as long as the bench runs.

use postgres::{Client, Config, NoTls};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// PostgreSQL does not run as root.
const USER: &str = "postgres";
const MAX_START: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
const SETTINGS: [&str; 15] = [
    "listen_addresses=",
    "shared_buffers=4GB",
    "effective_cache_size=12GB",
    "work_mem=64MB",
    "maintenance_work_mem=1GB",
    "max_wal_size=16GB",
    "random_page_cost=1.1",
    "jit=off",
    // What is lost in a crash is loaded again.
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1h",
    // Tables do not change after their one vacuum.
    "autovacuum=off",
    "logging_collector=off",
    "log_min_messages=fatal",
];

/// The newest PostgreSQL of the machine.
pub(super) struct Programs {
    folder: PathBuf,
    pub(super) version: u32,
}

pub(super) struct Server {
    programs: Programs,
    folder: PathBuf,
    process: Child,
    socket: TempDir,
}

impl Programs {
    pub(super) fn find() -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let programs = versions.filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            let is_server = folder.join("initdb").exists() && folder.join("postgres").exists();
            is_server.then_some(Self { folder, version })
        });
        programs.max_by_key(|programs| programs.version)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.folder.join(program);
        // Its user may not be allowed into the folder that the bench runs in.
        let mut command = if is_root() { Command::new("setpriv") } else { Command::new(&program) };
        if is_root() {
            let reuid = format!("--reuid={USER}");
            let regid = format!("--regid={USER}");
            command.args([&*reuid, &*regid, "--clear-groups"]).arg(program);
        }
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::inherit());
        command
    }
}

/// A folder without a database gets an empty one.
pub(super) fn init(programs: &Programs, folder: &Path) {
    let data = data(folder);
    fs::create_dir_all(&data).expect("the folder of the database is made");
    give_to_server(&data);
    let mut initdb = programs.command("initdb");
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
    let status = initdb.arg(&data).status().expect("initdb runs");
    assert!(status.success(), "initdb makes no database in {}: {status}", data.display());
}

/// A run that was killed leaves its server behind.
pub(super) fn stop_if_running(programs: &Programs, folder: &Path) {
    let data = data(folder);
    if data.join("postmaster.pid").exists() {
        // It may be the trace of a server that is gone.
        let _ = stop(programs, &data).stderr(Stdio::null()).status();
    }
}

impl Server {
    pub(super) fn start(programs: Programs, folder: &Path) -> Self {
        stop_if_running(&programs, folder);
        let socket = tempfile::Builder::new().prefix("peers-").tempdir().expect("a folder for the socket");
        give_to_server(socket.path());
        let mut command = programs.command("postgres");
        command.arg("-D").arg(data(folder)).arg("-k").arg(socket.path());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let process = command.spawn().expect("the server starts");
        let server = Self { programs, folder: folder.to_owned(), process, socket };
        server.wait();
        server
    }

    pub(super) fn connect(&self) -> Client {
        self.try_connect().expect("the server accepts connections")
    }

    fn wait(&self) {
        let begun = Instant::now();
        while let Err(error) = self.try_connect() {
            assert!(begun.elapsed() < MAX_START, "the server does not answer: {error}");
            std::thread::sleep(PAUSE);
        }
    }

    fn try_connect(&self) -> Result<Client, postgres::Error> {
        Config::new().host_path(self.socket.path()).user("postgres").dbname("postgres").connect(NoTls)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A drop may not panic while another panic goes on.
        let stopped = stop(&self.programs, &data(&self.folder)).status().is_ok_and(|status| status.success());
        if stopped {
            let _ = self.process.wait();
        } else {
            eprintln!("the server in {} could not be stopped", self.folder.display());
        }
    }
}

fn stop(programs: &Programs, data: &Path) -> Command {
    let mut stop = programs.command("pg_ctl");
    stop.args(["stop", "--wait", "--mode=fast", "--pgdata"]).arg(data);
    stop
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn give_to_server(folder: &Path) {
    if is_root() {
        let status = Command::new("chown").arg(format!("{USER}:")).arg(folder).status().expect("chown runs");
        assert!(status.success(), "{} cannot be given to {USER}: {status}", folder.display());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
