//! Facts that are kept between two runs of the program.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use gonogo::model::Settings;
use gonogo::probe::SharedCode;
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, context};

const LONG: Duration = Duration::from_secs(30);

/// A project whose files were written long enough ago to trust their times.
fn project() -> Folder {
    let folder = Folder::with(&[]);
    for number in 0..20 {
        let text = format!("export const f{number} = (id) => fetch(`https://api.example.com/${{id}}/{number}`);\n");
        folder.write(&format!("src/f{number}.ts"), &text);
        age(&folder.path().join(format!("src/f{number}.ts")));
    }
    folder
}

fn age(path: &Path) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().append(true).open(path).unwrap().set_modified(hour_ago).unwrap();
}

/// Reads the project as a new program would: how many files were parsed, and all facts as text.
async fn read(folder: &Folder, kept: &Path) -> (usize, String) {
    let code = SharedCode::kept_at(kept.to_owned());
    let cx = context(&SourceProbe, folder.path(), Settings::default(), jiff::Timestamp::now()).0;
    let index = code.index(&cx).await.unwrap();
    code.finish(LONG).await;
    (index.parsed, format!("{:?}", index.files))
}

#[tokio::test]
async fn only_what_changed_is_parsed_by_the_next_program() {
    let folder = project();
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("projects/app.facts");
    let (parsed, first) = read(&folder, &kept).await;
    assert_eq!(parsed, 20);
    assert_eq!(read(&folder, &kept).await, (0, first.clone()));
    // The same size and the same time of writing do not hide a change.
    let path = folder.path().join("src/f7.ts");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("api.", "old.")).unwrap();
    age(&path);
    fs::remove_file(folder.path().join("src/f8.ts")).unwrap();
    let (parsed, changed) = read(&folder, &kept).await;
    assert_eq!(parsed, 1);
    assert!(changed.contains("old.example.com") && !changed.contains("f8"));
    assert_eq!(read(&folder, &kept).await, (0, changed));
}

#[tokio::test]
async fn a_file_that_is_no_use_is_begun_anew() {
    let folder = project();
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("app.facts");
    let (_, facts) = read(&folder, &kept).await;
    let whole = fs::read(&kept).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    // Torn in the middle, a flipped bit in the head, in the mark of the build and in an entry; another kind of file.
    let damages = [
        whole[..whole.len() / 2].to_vec(),
        flipped(0),
        flipped(20),
        flipped(whole.len() - 40),
        b"hello".to_vec(),
        Vec::new(),
    ];
    for (place, damaged) in damages.into_iter().enumerate() {
        fs::write(&kept, damaged).unwrap();
        let (parsed, found) = read(&folder, &kept).await;
        assert!(parsed > 0 && found == facts, "{place}");
        assert_eq!(read(&folder, &kept).await, (0, facts.clone()), "{place}");
    }
    // Where nothing can be written, nothing is lost.
    assert_eq!(read(&folder, &home.path().join("app.facts/below")).await.0, 20);
}

#[tokio::test]
async fn what_counts_no_more_is_thrown_out() {
    let folder = project();
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("app.facts");
    let mut largest = 0;
    for round in 0..40 {
        for number in 0..20 {
            let path = folder.path().join(format!("src/f{number}.ts"));
            fs::write(&path, format!("export const round = {round}{number};\n")).unwrap();
            age(&path);
        }
        assert_eq!(read(&folder, &kept).await.0, 20);
        largest = largest.max(fs::metadata(&kept).unwrap().len());
    }
    let last = fs::metadata(&kept).unwrap().len();
    assert!(last < largest, "800 entries for 20 files, and none was thrown out: {last} of {largest}");
    assert_eq!(read(&folder, &kept).await.0, 0);
}

#[tokio::test]
async fn no_secret_is_kept() {
    let folder = project();
    let key = ["sk_", "live_", "4eC39HqLyjWDarjtT1zdp7dc"].concat();
    folder.write("src/pay.ts", format!("export const stripe = new Stripe('{key}');\n"));
    age(&folder.path().join("src/pay.ts"));
    let home = tempfile::tempdir().unwrap();
    let kept = home.path().join("app.facts");
    let (parsed, facts) = read(&folder, &kept).await;
    assert!(parsed == 21 && facts.contains(&key));
    let bytes = fs::read(&kept).unwrap();
    assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()));
    assert_eq!(read(&folder, &kept).await.0, 1, "what is not kept is read again");
}
