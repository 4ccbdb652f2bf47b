//! The embedded S3 server holds every behaviour of the matrix, as `aws-sdk-s3` and as boto3 see it. `make matrix` adds
//! the `aws` command, and moto and `MiniStack` for comparison.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gallery::store::Endpoint;
use local::s3::{Credentials, Folder, Server, listen};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

mod run;
mod sdk;

use run::body_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ours_holds_the_whole_matrix() {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::open(directory.path()).unwrap();
    let pair = Credentials { access_key: "heirloom".into(), secret_key: "a secret for tests alone".into() };
    let server = Server::new(Arc::clone(&folder), &pair);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let listening = tokio::spawn(listen(server, listener, async move {
        let _ = stopped.await;
    }));

    let endpoint =
        Endpoint { url: url.clone(), access_key: pair.access_key.clone(), secret_key: pair.secret_key.clone() };
    let found = run::run(&gallery::store::at(&endpoint)).await;
    let wrong: Vec<_> = found.iter().filter_map(|(name, wrong)| Some((name, wrong.as_ref()?))).collect();
    assert!(wrong.is_empty(), "aws-sdk-s3: {wrong:#?}");
    assert!(found.len() >= 80, "the matrix has only {} behaviours", found.len());

    if let Some(python) = std::env::var_os("HEIRLOOM_PYTHON") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("s3_matrix/matrix.py");
        let run = tokio::task::spawn_blocking(move || {
            let words = [&url, &pair.access_key, &pair.secret_key];
            Command::new(python).arg(script).args(words).args(["--client", "boto3"]).output().unwrap()
        });
        let output = run.await.unwrap();
        println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "boto3 found a behaviour that does not hold: see the lines above");
    } else {
        println!("boto3 was left out: HEIRLOOM_PYTHON names no Python with it; `make test` sets it");
    }
    drop(stop);
    listening.await.unwrap();
}
