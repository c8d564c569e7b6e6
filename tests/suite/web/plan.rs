use gonogo::model::{Offer, OfferTarget, SkipReason};
use gonogo::probe::{Probe, Touches};

use super::*;
use crate::support::probes::bare_project;

fn touches(urls: &[&str]) -> Result<Touches, String> {
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    let plan = WebProbe::STANDARD.plan(&bare_project(no_project()), &settings(&urls, None));
    plan.map(|plan| plan.touches).map_err(|skip| skip.why)
}

#[test]
fn what_stays_on_this_machine_is_known_beforehand() {
    assert_eq!(touches(&["https://localhost:8443", "http://127.0.0.1:80/", "http://[::1]/"]), Ok(Touches::Loopback));
    assert_eq!(touches(&["https://localhost:8443", "https://shop.example.com"]), Ok(Touches::Network));
    assert_eq!(touches(&["https://localhost.example.com"]), Ok(Touches::Network));
    assert_eq!(touches(&["localhost:3000"]), Ok(Touches::Loopback));
    assert_eq!(touches(&["shop.example.com"]), Ok(Touches::Network));
}

#[test]
fn an_address_is_asked_for_kindly() {
    assert_eq!(touches(&[]).unwrap_err(), "no address was given: give the deployed one with --url https://…");
    assert!(touches(&["shop"]).unwrap_err().contains("https://shop.example.com"));
    assert!(touches(&["ftp://shop.example.com"]).unwrap_err().contains("is not a web address; write it like https://"));
}

#[test]
fn an_address_that_the_project_names_is_offered() {
    let mut project = bare_project(no_project());
    project.offers.push(Offer {
        probe: "web".into(),
        target: OfferTarget::Url("https://shop.example.com/".to_owned()),
        found_in: "README.md".to_owned(),
        shown: String::new(),
    });
    let skip = WebProbe::STANDARD.plan(&project, &settings(&[], None)).unwrap_err();
    assert_eq!(skip.reason, SkipReason::NothingToExamine);
    assert!(skip.why.contains("README.md names https://shop.example.com/"), "{}", skip.why);
}

#[test]
fn a_scheme_that_was_left_out_is_said() {
    let summary = |url: &str| {
        WebProbe::STANDARD.plan(&bare_project(no_project()), &settings(&[url.to_owned()], None)).unwrap().summary
    };
    assert_eq!(
        summary("shop.example.com"),
        "look at https://shop.example.com/ (https:// assumed) from outside, with 150 requests at most"
    );
    assert_eq!(
        summary("localhost:3000"),
        "look at http://localhost:3000/ (http:// assumed) from outside, with 150 requests at most"
    );
    assert_eq!(
        summary("https://shop.example.com"),
        "look at https://shop.example.com/ from outside, with 150 requests at most"
    );
}

#[test]
fn the_summary_holds_no_secret() {
    let word = ["hun", "ter2"].concat();
    let urls = [format!("https://ann:{word}@shop.example.com/?token={word}")];
    let plan = WebProbe::STANDARD.plan(&bare_project(no_project()), &settings(&urls, None)).unwrap();
    assert_eq!(plan.summary, "look at https://shop.example.com/?token=… from outside, with 150 requests at most");
}
