//! The machine under a gallery of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::SystemTime;

use indicatif::HumanBytes;
use local::machine::{Running, certificate_expires};

use super::{Finding, SOON, good, warning, wrong};
use crate::amazon::signed::get;
use crate::serve::quoted;
use crate::tell::counted;

/// So much room there should be: an album of videos, and its renditions.
const ROOM: u64 = 2 << 30;

/// The data folder: is it there, may it be written to, does nobody else read it, is there room.
pub(super) fn folder(data: &Path) -> Vec<Finding> {
    let name = quoted(data);
    if !data.is_dir() {
        let told = format!("there is no data folder `{}`", data.display());
        return vec![wrong("folder", told, format!("heirloom serve --data {name}"))];
    }
    let mut findings = Vec::new();
    let probe = data.join(".doctor");
    findings.push(match fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => good("folder", format!("`{}` can be written to", data.display())),
        Err(error) => wrong(
            "folder",
            format!("`{}` cannot be written to: {error}", data.display()),
            format!("sudo chown -R \"$USER\" {name}"),
        ),
    });
    findings.push(private(data, &name));
    findings.push(match rustix::fs::statvfs(data) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let told = format!("{} free", HumanBytes(free));
            if free < ROOM { warning("disk", told, format!("du -xhd2 {name} | sort -h")) } else { good("disk", told) }
        }
        Err(error) => warning("disk", format!("it is not known how much is free: {error}"), format!("df -h {name}")),
    });
    findings.push(clock(data));
    findings.extend(certificate(data, &name));
    findings
}

/// That of `serve --tls`, which makes another at its start when it is time.
fn certificate(data: &Path, name: &str) -> Option<Finding> {
    let now = SystemTime::now();
    let left = certificate_expires(data)?.duration_since(now).ok();
    let mend = Running::on(data).map(|running| format!("kill {}; ", running.process)).unwrap_or_default();
    let mend = format!("{mend}heirloom serve --tls --data {name}");
    Some(match left {
        None => wrong("certificate", "the certificate for https is over", mend),
        Some(left) => {
            let days = counted(left.as_secs() / 86_400, "day", "days");
            let told = format!("the certificate for https is good for {days}");
            if left < SOON.unsigned_abs() { warning("certificate", told, mend) } else { good("certificate", told) }
        }
    })
}

/// Whoever reads the folder can sign in as anybody.
fn private(data: &Path, name: &str) -> Finding {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = |file: &Path| fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if open(data) {
            let told = "others on this machine may look into the data folder, where keys and passwords lie";
            return wrong("permissions", told, format!("chmod -R go= {name}"));
        }
        if open(&data.join("credentials.json")) {
            return wrong("permissions", "others may read `credentials.json`", format!("chmod -R go= {name}"));
        }
    }
    let _ = name;
    good("permissions", "nobody else may look into the data folder")
}

/// Without anybody to ask, what was written before must not lie in the future.
fn clock(data: &Path) -> Finding {
    let now = SystemTime::now();
    let written = fs::metadata(data.join("credentials.json")).and_then(|found| found.modified());
    match written {
        Ok(written) if written > now + std::time::Duration::from_mins(2) => {
            wrong("clock", "the clock is behind what was written before", "sudo timedatectl set-ntp true")
        }
        _ => good("clock", "the clock is not behind what was written before"),
    }
}

/// A running gallery answers and lets nobody in without a session; a resting one finds its ports free.
pub(super) async fn running(data: &Path) -> Vec<Finding> {
    let Some(running) = Running::on(data) else { return vec![port("--port", 8080), port("--s3-port", 9000)] };
    let origin = format!("http://{}", running.http);
    if running.tls {
        // Its certificate is its own: nobody vouches for it, so the door alone is tried.
        return vec![match std::net::TcpStream::connect(running.http) {
            Ok(_) => good("gallery", format!("it answers at {}", running.origin())),
            Err(error) => stuck(&running, &error.to_string()),
        }];
    }
    let transport = aws_smithy_http_client::Builder::new().build_http();
    let login = get(&transport, &origin, "/auth/login").await;
    let photos = get(&transport, &origin, "/albums/").await;
    let mut findings = Vec::new();
    findings.push(match login {
        Ok(answer) if answer.status == 200 => good("gallery", format!("it answers at {origin}")),
        Ok(answer) => stuck(&running, &format!("status {}", answer.status)),
        Err(error) => stuck(&running, &error.to_string()),
    });
    match photos {
        Ok(answer) if (300..500).contains(&answer.status) => {
            findings.push(good("access", "without a session nothing is shown"));
        }
        Ok(_) => {
            let mend = format!("kill {} && heirloom serve --data {}", running.process, quoted(data));
            findings.push(wrong("access", "albums are shown to anybody", mend));
        }
        Err(_) => {}
    }
    findings
}

fn stuck(running: &Running, why: &str) -> Finding {
    let told = format!("the process {} should answer at {}, but does not: {why}", running.process, running.http);
    wrong("gallery", told, format!("kill {}; heirloom serve", running.process))
}

fn port(flag: &str, port: u16) -> Finding {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => good("ports", format!("{port} is free for `heirloom serve`")),
        Err(error) => {
            let told = format!("{port} is not free for `heirloom serve`: {error}");
            warning("ports", told, format!("heirloom serve {flag} {}", port + 10))
        }
    }
}
