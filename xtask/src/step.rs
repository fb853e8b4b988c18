//! Steps: what is done, shown as it is done, with the time it took.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Set by Ctrl-C and SIGTERM.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Lets Ctrl-C and SIGTERM end the running step as a failure, so that what was started is also stopped and removed.
pub fn stop_on_signals() -> Result<()> {
    Ok(ctrlc::set_handler(|| STOPPED.store(true, Ordering::SeqCst))?)
}

/// Does a step, and says so.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n▸ {name}");
    let begun = Instant::now();
    let done = work().with_context(|| format!("{name}: failed"))?;
    println!("  {name}: done in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(done)
}

/// Runs a program in sight and waits for it; whatever it starts ends with it when we are told to stop.
pub fn run(command: &mut Command) -> Result<()> {
    let mut child = command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| missing(command))?;
    let status = loop {
        if STOPPED.load(Ordering::SeqCst) {
            stop(&mut child)?;
            bail!("stopped");
        }
        match child.try_wait()? {
            Some(status) => break status,
            None => sleep(Duration::from_millis(20)),
        }
    };
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Runs a program and returns what it wrote; its complaints are shown when it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| missing(command))?;
    if !output.status.success() {
        bail!("{} ended with {}\n{}", words(command), output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a program is there and content.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

fn stop(child: &mut Child) -> Result<()> {
    for signal in ["-TERM", "-KILL"] {
        succeeds(Command::new("kill").args([signal, "--", &format!("-{}", child.id())]));
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

fn missing(command: &Command) -> String {
    format!("{} could not be started", command.get_program().display())
}

fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().display().to_string()];
    words.extend(command.get_args().map(|argument| argument.display().to_string()));
    words.join(" ")
}
