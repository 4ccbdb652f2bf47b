//! The S3 server against clients that we did not write: see `tests/peers/s3_peers.py`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use local::s3::{Credentials, Folder, Server, listen};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_peoples_clients_find_what_amazon_documents() {
    let Some(python) = std::env::var_os("HEIRLOOM_PYTHON") else {
        println!("skipped: HEIRLOOM_PYTHON names no Python with boto3; `make test` sets it");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(directory.path()).unwrap();
    let pair = Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() };
    let server = Server::new(Arc::clone(&folder), &pair);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let listening = tokio::spawn(listen(server, listener, async move {
        let _ = stopped.await;
    }));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/s3_peers.py");
    let run = tokio::task::spawn_blocking(move || {
        Command::new(python).arg(script).args([&endpoint, &pair.access_key, &pair.secret_key]).output().unwrap()
    });
    let output = run.await.unwrap();
    println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a behaviour failed: see the lines above");
    drop(stop);
    listening.await.unwrap();
}
