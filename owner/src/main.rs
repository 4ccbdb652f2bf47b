//! `heirloom`: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser;
use owner::cli::Arguments;
use tracing_subscriber::EnvFilter;

/// What is not logged, whatever is asked for.
const QUIET: [&str; 2] = [
    // The SDK warns of every object that came in parts, that the checksum of its parts is none of the whole: so it is, and
    // nothing follows from it.
    "aws_sdk_s3::http_response_checksum=error",
    // What the signature of a refused request should have been, for which somebody without the key would give much.
    "s3s::ops::signature=info",
];

/// What is logged.
fn filter(asked: &str) -> EnvFilter {
    let quiet = QUIET.map(|quiet| quiet.parse().expect("a directive of our own"));
    quiet.into_iter().fold(EnvFilter::new(asked), EnvFilter::add_directive)
}

/// Whoever was told something may leave early (`heirloom audit | head`). Then it ends as other programs do, with the number
/// of the signal for that. Where standard output takes nothing, it ends with a sentence. The library would panic.
fn end_when_nothing_can_be_told() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let told = panic.payload_as_str().unwrap_or_default();
        match told.strip_prefix("failed printing to stdout: ") {
            Some(why) if why.contains("Broken pipe") => std::process::exit(141),
            Some(why) => {
                eprintln!(
                    "heirloom: cannot write to standard output: {why}; what was not told, such as a new password, is kept \
                     nowhere"
                );
                // A gallery goes on without the line that tells how far it is.
                if std::thread::current().name() == Some("main") {
                    std::process::exit(1);
                }
            }
            None => usual(panic),
        }
    }));
}

#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    end_when_nothing_can_be_told();
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(filter(&arguments.log))
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        // A log that cannot be written, on a full disk for instance, is told on standard error otherwise, and where that is
        // the very log, by a panic in whoever had something to say.
        .log_internal_errors(false)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("heirloom: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(owner::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        // As shells count it: 128 and the signal's number.
        Err(error) if error.is::<owner::Interrupted>() => ExitCode::from(130),
        Err(error) if error.is::<owner::FoundWrong>() => {
            eprintln!("heirloom: {error}");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("heirloom: {error:#}");
            ExitCode::FAILURE
        }
    }
}
